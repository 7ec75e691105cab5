import * as z from "zod";
import { itemBytes, type RecordedCall } from "../../support/aws-recorder.ts";
import { type Item, indexWriteUnits, type SecondaryIndex } from "./index-write-units.ts";
import { updatedItem } from "./updated-item.ts";

const item = z.record(z.string(), z.unknown());

const rowRequest = z.object({
  TableName: z.string(),
  Key: item.optional(),
  Item: item.optional(),
  ConsistentRead: z.boolean().default(false),
});

export interface MeteredTable {
  name: string;
  keyNames: readonly string[];
  indexes: readonly SecondaryIndex[];
}

export interface Capacity {
  readUnits: number;
  writeUnits: number;
  /** Of the item that was read or written. */
  itemBytes: number | undefined;
}

const READ_UNIT_BYTES = 4096;
const WRITE_UNIT_BYTES = 1024;

/**
 * Says what calls of DynamoDB cost on demand: a read unit per started 4 kB, or half of one when the read is eventually
 * consistent; a write unit per started kB of the larger of the item before and after, whether its condition holds or not.
 * It knows the items before from the calls that it was given, which are to come in their order.
 */
export function capacityMeter(tables: readonly MeteredTable[], asOnAws: (item: Item) => Item) {
  const rows = new Map<string, Item>();

  function keyOf(tableName: string, named: Item): string {
    const { keyNames = [] } = tables.find(({ name }) => name === tableName) ?? {};
    return JSON.stringify([tableName, ...keyNames.map((name) => named[name])]);
  }

  function written(call: RecordedCall): Capacity {
    const { TableName, Key = {}, Item: put } = rowRequest.parse(call.request);
    const key = keyOf(TableName, put ?? Key);
    const before = rows.get(key);
    const after = call.operation === "UpdateItem" ? updatedItem(before, call.request) : put;
    const larger = Math.max(sizeOf(before), sizeOf(after));
    const base = { readUnits: 0, itemBytes: after && sizeOf(after) };
    if (call.reply?.status !== 200) return { ...base, writeUnits: units(larger, WRITE_UNIT_BYTES) };
    if (after === undefined) rows.delete(key);
    else rows.set(key, after);
    const { indexes = [] } = tables.find(({ name }) => name === TableName) ?? {};
    const indexUnits = indexes.map((index) => indexWriteUnits(index, before, after));
    const writeUnits = units(larger, WRITE_UNIT_BYTES) + indexUnits.reduce((sum, each) => sum + each, 0);
    return { ...base, writeUnits };
  }

  /** The entries of a page are added up before they are rounded. */
  function queried(call: RecordedCall): Capacity {
    const found = z.array(item).parse(call.reply?.body["Items"]);
    const bytes = found.reduce((sum, entry) => sum + itemBytes(entry), 0);
    const full = units(bytes, READ_UNIT_BYTES);
    const { ConsistentRead } = rowRequest.parse(call.request);
    return { readUnits: ConsistentRead ? full : full / 2, writeUnits: 0, itemBytes: undefined };
  }

  function sizeOf(row: Item | undefined): number {
    return row === undefined ? 0 : itemBytes(asOnAws(row));
  }

  return (call: RecordedCall): Capacity => {
    switch (call.operation) {
      case "GetItem": {
        const found = item.optional().parse(call.reply?.body["Item"]);
        const full = units(sizeOf(found), READ_UNIT_BYTES);
        const { ConsistentRead } = rowRequest.parse(call.request);
        const readUnits = ConsistentRead ? full : full / 2;
        return { readUnits, writeUnits: 0, itemBytes: found && sizeOf(found) };
      }
      case "Query":
        return queried(call);
      case "PutItem":
      case "UpdateItem":
      case "DeleteItem":
        return written(call);
      default:
        throw new Error(`Nothing here says what ${call.operation} costs.`);
    }
  };
}

/** What is not there costs as much as what is small. */
function units(bytes: number, perUnit: number): number {
  return Math.max(1, Math.ceil(bytes / perUnit));
}
