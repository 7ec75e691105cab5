import { mkdir } from "node:fs/promises";
import { createRequire } from "node:module";
import type { AbstractLevel } from "abstract-level";
import { getIndexActions } from "dynalite/db/index.js";
import * as z from "zod";

type LevelStore = AbstractLevel<string | Buffer | Uint8Array, string, string>;

const levelModule = z.object({
  Level: z.custom<new (path: string) => LevelStore>((value) => typeof value === "function"),
});
const levelFailure = z.object({ cause: z.object({ code: z.string().optional(), message: z.string() }) });

/**
 * Opens dynalite's store once, repairs its indexes, and closes it. dynalite itself opens its store in the background, and a
 * store that cannot be opened ends the process at the first request with "Database is closed".
 *
 * @throws an `Error` that says why the store cannot be opened.
 */
export async function prepareStore(path: string): Promise<void> {
  try {
    await mkdir(path, { recursive: true });
    // The copy of `level` that dynalite uses. This module may not be able to resolve it directly. The package has no `level`.
    const requireFromDynalite = createRequire(createRequire(import.meta.url).resolve("dynalite"));
    const { Level } = levelModule.parse(requireFromDynalite("level"));
    const store = new Level(path);
    await store.open();
    await repairIndexes(store);
    await store.close();
  } catch (error) {
    throw new Error(`The database in ${path} cannot be opened: ${reasonOf(error)}`, { cause: error });
  }
}

const index = z.looseObject({ IndexName: z.string() });
const storedTable = z.looseObject({
  TableName: z.string(),
  GlobalSecondaryIndexes: z.array(index).optional(),
});
const item = z.record(z.string(), z.unknown());

/**
 * Makes each index match the items. dynalite writes an item after its entries in the indexes, each by itself: a process
 * that is killed between these writes leaves an item without an entry, or an entry of an item that was never written.
 */
async function repairIndexes(store: LevelStore): Promise<void> {
  for await (const text of store.values(startingWith("table~"))) {
    const table = storedTable.parse(JSON.parse(text));
    const { TableName, GlobalSecondaryIndexes = [] } = table;
    const missing = new Map<string, string>();
    for await (const each of store.values(startingWith(`item-${TableName}~`))) {
      const { puts } = getIndexActions(
        GlobalSecondaryIndexes,
        undefined,
        item.parse(JSON.parse(each)),
        table,
      );
      for (const put of puts) {
        missing.set(`index-global~${TableName}~${put.index}~${put.key}`, JSON.stringify(put.item));
      }
    }
    const wrong: string[] = [];
    for await (const [key, entry] of store.iterator(startingWith(`index-global~${TableName}~`))) {
      if (missing.get(key) === entry) missing.delete(key);
      else wrong.push(key);
    }
    await store.batch([
      ...wrong.map((key) => ({ type: "del" as const, key })),
      ...Array.from(missing, ([key, value]) => ({ type: "put" as const, key, value })),
    ]);
  }
}

/** dynalite's keys begin with the kind of what they are about. */
function startingWith(prefix: string) {
  return { gte: prefix, lt: `${prefix}\xff` };
}

function reasonOf(error: unknown): string {
  const failure = levelFailure.safeParse(error);
  if (failure.success) {
    const { code, message } = failure.data.cause;
    return code === "LEVEL_LOCKED" ? "another process is using it." : message;
  }
  return error instanceof Error ? error.message : String(error);
}
