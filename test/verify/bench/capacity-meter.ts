import * as z from "zod";
import type { Deployed } from "../../../infra/local/template/deployed.ts";
import { itemBytes, type RecordedCall } from "../support/aws-recorder.ts";

/** As it is on the wire: each value under the name of its type. */
const item = z.record(z.string(), z.unknown());
export type Item = z.infer<typeof item>;

export interface Capacity {
  readUnits: number;
  writeUnits: number;
  /** Of the item that was read or written. */
  itemBytes: number | undefined;
}

const rowRequest = z.object({
  TableName: z.string(),
  Key: item.default({}),
  Item: item.optional(),
  ConsistentRead: z.boolean().default(false),
});

const batchRequest = z.record(
  z.string(),
  z.object({ Keys: z.array(item), ConsistentRead: z.boolean().default(false) }),
);
const batchReply = z.record(z.string(), z.array(item));

const READ_UNIT_BYTES = 4096;
const WRITE_UNIT_BYTES = 1024;

/**
 * Says what calls of DynamoDB cost on demand: a read unit per started 4 kB, or half of one when the read is eventually
 * consistent; a write unit per started kB of the larger of the item before and after, whether its condition holds or not.
 * It knows the items before from the calls that it was given, which are to come in their order.
 */
export function capacityMeter(tables: Deployed["tables"], asOnAws: (item: Item) => Item) {
  const rows = new Map<string, Item>();
  const sizeOf = (row: Item | undefined) => (row === undefined ? 0 : itemBytes(asOnAws(row)));

  function written(call: RecordedCall): Capacity {
    const { TableName, Key, Item: put } = rowRequest.parse(call.request);
    const { KeySchema, GlobalSecondaryIndexes = [] } =
      tables.find((table) => table.TableName === TableName) ?? {};
    const keyNames = namesIn(KeySchema);
    const key = JSON.stringify([TableName, ...keyNames.map((name) => (put ?? Key)[name])]);
    const before = rows.get(key);
    const after = call.operation === "UpdateItem" ? updatedItem(before, call.request) : put;
    const ofTable = units(Math.max(sizeOf(before), sizeOf(after)), WRITE_UNIT_BYTES);
    const capacity = { readUnits: 0, writeUnits: ofTable, itemBytes: after && sizeOf(after) };
    if (call.reply?.status !== 200) return capacity;
    if (after === undefined) rows.delete(key);
    else rows.set(key, after);
    const ofIndexes = GlobalSecondaryIndexes.map((index) => indexUnits(index, keyNames, before, after));
    return { ...capacity, writeUnits: ofIndexes.reduce((sum, each) => sum + each, ofTable) };
  }

  function read(call: RecordedCall, bytes: number): Capacity {
    const full = units(bytes, READ_UNIT_BYTES);
    const { ConsistentRead } = rowRequest.parse(call.request);
    return { readUnits: ConsistentRead ? full : full / 2, writeUnits: 0, itemBytes: undefined };
  }

  /** Each item of a batch is rounded by itself, also one that is not there. */
  function readBatch(call: RecordedCall): Capacity {
    const asked = Object.entries(batchRequest.parse(call.request["RequestItems"]));
    const found = batchReply.parse(call.reply?.body["Responses"]);
    const readUnits = asked.map(([table, { Keys, ConsistentRead }]) => {
      const sizes = (found[table] ?? []).map(sizeOf);
      const full = Keys.reduce((sum, _, index) => sum + units(sizes[index] ?? 0, READ_UNIT_BYTES), 0);
      return ConsistentRead ? full : full / 2;
    });
    return {
      readUnits: readUnits.reduce((sum, each) => sum + each, 0),
      writeUnits: 0,
      itemBytes: undefined,
    };
  }

  return (call: RecordedCall): Capacity => {
    switch (call.operation) {
      case "BatchGetItem":
        return readBatch(call);
      case "GetItem": {
        const found = item.optional().parse(call.reply?.body["Item"]);
        return { ...read(call, sizeOf(found)), itemBytes: found && sizeOf(found) };
      }
      case "Query": {
        // The entries of a page are added up before they are rounded.
        const found = z.array(item).parse(call.reply?.body["Items"]);
        return read(
          call,
          found.reduce((sum, entry) => sum + itemBytes(entry), 0),
        );
      }
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

type Table = Deployed["tables"][number];
type Index = NonNullable<Table["GlobalSecondaryIndexes"]>[number];

function namesIn(schema: Table["KeySchema"] = []): string[] {
  return schema.map(({ AttributeName = "" }) => AttributeName);
}

/**
 * What a change of a row costs in an index: nothing when its entry stays as it is, one write of the larger entry, or
 * two writes when the entry moves.
 */
function indexUnits(
  { KeySchema, Projection }: Index,
  tableKeyNames: readonly string[],
  before: Item | undefined,
  after: Item | undefined,
): number {
  const keyNames = [...new Set([...tableKeyNames, ...namesIn(KeySchema)])];

  /** A row that lacks a key of the index is not in it. */
  function entryIn(row: Item | undefined): Item | undefined {
    if (row === undefined || keyNames.some((name) => row[name] === undefined)) return undefined;
    if (Projection?.ProjectionType === "ALL") return row;
    const projected = [...keyNames, ...(Projection?.NonKeyAttributes ?? [])];
    const held = projected.filter((name) => row[name] !== undefined);
    return Object.fromEntries(held.toSorted().map((name) => [name, row[name]]));
  }

  const [left, right] = [entryIn(before), entryIn(after)];
  if (JSON.stringify(left) === JSON.stringify(right)) return 0;
  const unitsOf = (entry: Item | undefined) =>
    entry === undefined ? 0 : units(itemBytes(entry), WRITE_UNIT_BYTES);
  const moves = keyNames.some((name) => JSON.stringify(left?.[name]) !== JSON.stringify(right?.[name]));
  return moves ? unitsOf(left) + unitsOf(right) : Math.max(unitsOf(left), unitsOf(right));
}

const update = z.object({
  Key: item,
  UpdateExpression: z.string(),
  ExpressionAttributeNames: z.record(z.string(), z.string()).default({}),
  ExpressionAttributeValues: item.default({}),
});
const counted = z.object({ N: z.string().transform(Number) }).default({ N: 0 });
const aSet = z.object({ SS: z.array(z.string()) });

/** A number is added, and the elements of a set. */
function sumOfValues(before: unknown, added: unknown): unknown {
  const elements = aSet.safeParse(added);
  if (!elements.success) return { N: String(counted.parse(before).N + counted.parse(added).N) };
  const known = aSet.safeParse(before).data?.SS ?? [];
  return { SS: [...new Set([...known, ...elements.data.SS])] };
}

/** The item after an UpdateItem of a kind that ours are: some attributes are set, some are added to, some are taken away. */
function updatedItem(before: Item | undefined, request: unknown): Item {
  const {
    Key,
    UpdateExpression,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  } = update.parse(request);
  const nameIn = (text: string) => names[text] ?? text.replace(/^#/, "");
  const after: Item = { ...before, ...Key };
  for (const clause of UpdateExpression.split(/ (?=[A-Z]{3,} )/)) {
    const [, sets] = /^SET (#?\w+ = :\w+(?:, #?\w+ = :\w+)*)$/.exec(clause) ?? [];
    const [, added] = /^ADD (#?\w+ :\w+(?:, #?\w+ :\w+)*)$/.exec(clause) ?? [];
    const [, removed] = /^REMOVE (\w+(?:, \w+)*)$/.exec(clause) ?? [];
    if (sets !== undefined) {
      for (const [, name = "", value = ""] of sets.matchAll(/(#?\w+) = (:\w+)/g))
        after[nameIn(name)] = values[value];
    } else if (added !== undefined) {
      for (const [, name = "", value = ""] of added.matchAll(/(#?\w+) (:\w+)/g)) {
        after[nameIn(name)] = sumOfValues(after[nameIn(name)], values[value]);
      }
    } else if (removed !== undefined) for (const name of removed.split(", ")) delete after[name];
    else throw new Error(`Nothing here says what ${UpdateExpression} makes.`);
  }
  return after;
}
