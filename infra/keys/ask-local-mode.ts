import { LOCAL_TABLES_PATH, type LocalTables, localTables } from "../local/local-tables.ts";

/** Local mode answers when it is ready, a few seconds after its start. */
const ANSWERS_WITHIN_MS = 10_000;

/** Throws an `Error` of one line when no local mode answers there. */
export async function askLocalMode(url: string): Promise<LocalTables> {
  const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  try {
    const reply = await fetch(new URL(LOCAL_TABLES_PATH, url), { signal, redirect: "error" });
    return localTables.parse(await reply.json());
  } catch {
    throw new Error(
      `No local mode answers at ${url}. Start it with npm start, or name its address after --local.`,
    );
  }
}
