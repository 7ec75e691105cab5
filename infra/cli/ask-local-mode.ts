import { LOCAL_TABLES_PATH, type LocalTables, localTables } from "../local/local-tables.ts";

/** In milliseconds. Local mode replies only when it is ready, a few seconds after its start. */
const ANSWERS_WITHIN_MS = 10_000;

/**
 * Asks local mode for its tables. `otherwise` completes the message if no local mode answers: how a person names another address.
 *
 * @throws an `Error` with a one-line message if no local mode answers at the URL.
 */
export async function askLocalMode(
  url: string,
  otherwise = "set the variable PORT to its port",
): Promise<LocalTables> {
  const signal = AbortSignal.timeout(ANSWERS_WITHIN_MS);
  try {
    const reply = await fetch(new URL(LOCAL_TABLES_PATH, url), { signal, redirect: "error" });
    return localTables.parse(await reply.json());
  } catch {
    throw new Error(`No local mode answers at ${url}. Start it with npm start, or ${otherwise}.`);
  }
}
