import { ApiError } from "../../client/errors.ts";
import type { ApiEvent } from "../../client/types.ts";
import type { Context } from "./context.ts";

/** The newest events that were seen. The API lists events in the order of their times. */
class SeenEvents {
  #second = "";
  readonly #ids = new Set<string>();

  add({ createdDate, id }: ApiEvent): void {
    if (createdDate !== this.#second) this.#ids.clear();
    this.#second = createdDate;
    this.#ids.add(id);
  }

  has({ createdDate, id }: ApiEvent): boolean {
    return createdDate < this.#second || (createdDate === this.#second && this.#ids.has(id));
  }

  get newest(): string | undefined {
    return [...this.#ids].at(-1);
  }
}

/**
 * Yields new events until Ctrl-C: those after the given event, or after the newest one if none is given. Calls `onStart` when it knows
 * where to begin. The events of a user are deleted with the user. If the last event is among them, reads from the beginning, and
 * leaves out events that it has seen.
 */
export async function* followEvents(
  { client, io }: Context,
  { after, userId, onStart }: { after?: string | undefined; userId?: string | undefined; onStart(): void },
): AsyncGenerator<ApiEvent, void, undefined> {
  const { signal } = io;
  const seen = new SeenEvents();
  // The API lists only from the oldest event on.
  if (after === undefined) for await (const event of client.events({ signal })) seen.add(event);
  onStart();
  const wanted = { signal, follow: true, ...(userId !== undefined && { userId }) };
  let from = after ?? seen.newest;
  for (;;) {
    try {
      for await (const event of client.events({ ...wanted, ...(from !== undefined && { after: from }) })) {
        if (seen.has(event)) continue;
        seen.add(event);
        yield event;
      }
    } catch (error) {
      if (!isUnknownEvent(error) || seen.newest === undefined) throw error;
      from = undefined;
    }
  }
}

function isUnknownEvent(error: unknown): boolean {
  return error instanceof ApiError && error.status === 400 && error.source?.parameter === "after";
}
