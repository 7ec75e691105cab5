import { unexpectedReply } from "./exchange.ts";
import { pause } from "./pause.ts";
import { PATIENCE_OF_A_WATCH, type Patience } from "./retries.ts";

/** The most entries that the API returns at once. */
const PAGE_SIZE = 500;
const FOLLOW_EVERY_MS = 5000;

export interface Page<Entry> {
  data: Entry[];
  links?: { next?: string };
}

/** Returns the entries of a page. An API of another version may reply with something else. */
export function entriesIn<Entry>({ data }: Page<Entry>): Entry[] {
  if (!Array.isArray(data)) throw unexpectedReply(200);
  return data;
}

export interface Reading {
  /** The parameter that says where a page begins. */
  cursor: string;
  from?: string | undefined;
  limit?: number | undefined;
  /** After the last entry, waits for more. */
  follow?: boolean | undefined;
  signal?: AbortSignal | undefined;
}

/**
 * Yields the entries of all pages. Takes only the cursor from the link to the next page: the link may lead past a proxy
 * before the API.
 */
export async function* allEntries<Entry extends { id: string }>(
  read: (query: Record<string, string | number | undefined>, patience?: Patience) => Promise<Page<Entry>>,
  { cursor, from, limit = Infinity, follow, signal }: Reading,
): AsyncGenerator<Entry, void, undefined> {
  let position = from;
  let patience: Patience | undefined;
  for (let left = limit; left > 0; ) {
    const page = await read({ limit: Math.min(left, PAGE_SIZE), [cursor]: position }, patience);
    // The first request fails soon if the address is wrong. After it, the client retries for longer.
    if (follow) patience = PATIENCE_OF_A_WATCH;
    const entries = entriesIn(page).slice(0, left);
    yield* entries;
    left -= entries.length;
    const next = new RegExp(`[?&]${cursor}=([^&#]+)`).exec(page.links?.next ?? "")?.[1];
    if (next) position = decodeURIComponent(next);
    else if (follow && left > 0) {
      position = entries.at(-1)?.id ?? position;
      await pause(FOLLOW_EVERY_MS, signal);
    } else return;
  }
}
