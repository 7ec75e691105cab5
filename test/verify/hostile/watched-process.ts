import { setTimeout as sleep } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { allRows } from "../../support/local-aws.ts";

/** Hides what the program writes to both of its streams. Counts the writes, and keeps those that contain the mark. */
export function watchedOutput(mark: string) {
  let lines = 0;
  const marked: string[] = [];

  function note(text: string | Uint8Array): boolean {
    const line = String(text);
    lines += 1;
    if (line.toLowerCase().includes(mark.toLowerCase())) marked.push(line);
    return true;
  }

  const streams = [process.stdout, process.stderr].map((stream) => ({ stream, write: stream.write }));
  for (const { stream } of streams) stream.write = note;
  return {
    marked,
    lines: () => lines,
    end(): void {
      for (const { stream, write } of streams) stream.write = write;
    },
  };
}

/** The bytes that are in use after a garbage collection. */
export async function bytesInUse(): Promise<{ heap: number; buffers: number }> {
  setFlagsFromString("--expose-gc");
  const collect: unknown = runInNewContext("gc");
  if (typeof collect !== "function") throw new Error("The collector cannot be called.");
  // What one round releases, the next one can often collect.
  for (let round = 0; round < 3; round++) {
    Reflect.apply(collect, undefined, []);
    await sleep(10);
  }
  const { heapUsed, external } = process.memoryUsage();
  return { heap: heapUsed, buffers: external };
}

const CLASSES = [Object, Array, Function, String, Number, Boolean, RegExp, Date, Map, Set, Promise, Error];
const SHARED: { [name: string]: object } = {
  global: globalThis,
  ...Object.fromEntries(
    [...CLASSES, Buffer, URLSearchParams].flatMap((made) => [
      [made.name, made],
      [`${made.name}.prototype`, made.prototype],
    ]),
  ),
};

/** Every own property of the objects that all code shares. */
export function sharedProperties(): Map<string, unknown> {
  const found = new Map<string, unknown>();
  for (const [name, object] of Object.entries(SHARED)) {
    for (const key of Reflect.ownKeys(object)) {
      const { value, get } = Object.getOwnPropertyDescriptor(object, key) ?? {};
      found.set(`${name} ${String(key)}`, value ?? get);
    }
  }
  return found;
}

/** The properties that were added, removed or changed since. */
export function touchedSince(before: Map<string, unknown>): string[] {
  const now = sharedProperties();
  const names = new Set([...before.keys(), ...now.keys()]);
  return [...names].filter(
    (name) => before.has(name) !== now.has(name) || !Object.is(before.get(name), now.get(name)),
  );
}

type Row = Record<string, unknown>;

/** All rows of local mode's tables. */
export async function storedRows(): Promise<{ jobs: Row[]; secrets: Row[]; events: Row[] }> {
  const tables = await allRows();
  const rowsOf = (name: string | undefined) => {
    const found = tables.find(({ table }) => table === name);
    if (found === undefined) throw new Error(`No table ${name}.`);
    return found.rows.map((row) => unmarshall(row));
  };
  const named = (name: string) => rowsOf(process.env[name]);
  return { jobs: named("JOBS_TABLE"), secrets: named("SECRETS_TABLE"), events: named("EVENTS_TABLE") };
}
