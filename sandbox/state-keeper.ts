import { mkdir, readFile, rename, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import { type State, storedState } from "./state.ts";
import { emptyState, fromStored, toStored } from "./stored-state.ts";

export type StateKeeper = {
  readonly current: () => State;
  readonly replace: (state: State) => void;
  /** Resolves when the current state, or a later state, is stored so that it survives the end of the process. */
  readonly settled: () => Promise<void>;
};

/** Calls of the ledger that the file has, so that it can be written as a whole after each call. */
const maxStoredCalls = 2_000;

export function keepInMemory(): StateKeeper {
  let state = emptyState;
  return {
    current: () => state,
    replace: (next) => {
      state = next;
    },
    settled: () => Promise.resolve(),
  };
}

/**
 * Loads the state from the file, and stores changes in the file when `settled` is called. Of the ledger, the file has the newest 2,000 calls.
 *
 * @throws an `Error` if the file cannot be read, contains no valid state, or cannot be written.
 */
export async function keepInFile(dataFile: string): Promise<StateKeeper> {
  let state = await load(dataFile);
  let written: State | undefined;
  let latest = Promise.resolve();
  let waiting: Promise<void> | undefined;

  async function write(): Promise<void> {
    waiting = undefined;
    const snapshot = state;
    await save(dataFile, snapshot);
    written = snapshot;
  }

  // One write stores the changes of all calls that arrived during the previous write.
  function settled(): Promise<void> {
    if (state === written) return Promise.resolve();
    waiting ??= latest.then(write, write);
    latest = waiting;
    return waiting;
  }

  await settled();
  return {
    current: () => state,
    replace: (next) => {
      state = next;
    },
    settled,
  };
}

async function load(dataFile: string): Promise<State> {
  const text = await read(dataFile);
  if (text === undefined) return emptyState;
  try {
    return fromStored(storedState.parse(JSON.parse(text)));
  } catch {
    // The error has no cause, because a parser's message quotes the file.
    throw new Error(`The sandbox's data file is not one of its states: ${dataFile}`);
  }
}

async function read(dataFile: string): Promise<string | undefined> {
  try {
    return await readFile(dataFile, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new Error(`The sandbox's data file cannot be read: ${dataFile}`, { cause });
  }
}

/** Writes a second file and renames it, so that the first file is complete at every moment. */
async function save(dataFile: string, state: State): Promise<void> {
  try {
    await mkdir(dirname(dataFile), { recursive: true });
    const stored = toStored({ ...state, ledger: state.ledger.slice(-maxStoredCalls) });
    await writeFile(`${dataFile}.next`, JSON.stringify(stored), { mode: 0o600 });
    await rename(`${dataFile}.next`, dataFile);
  } catch (cause) {
    throw new Error(`The sandbox's data file cannot be written: ${dataFile}`, { cause });
  }
}
