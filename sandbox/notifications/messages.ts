import type { Event, Lie, Message, State } from "../state.ts";

/**
 * Makes a message for each webhook that has subscribed to the type of a new event. Each new message uses one of the faults
 * (`lies`) that the control API has asked for.
 */
export function withMessages(before: State, after: State, now: number, newId: () => string): State {
  if (before.events === after.events || after.webhooks.size === 0) return after;
  const added = [...after.events.values()].filter(({ id }) => !before.events.has(id));
  return added.reduce((state, event) => withMessagesAbout(state, event, now, newId), after);
}

type About = Pick<Event, "typeId" | "path"> & { readonly id: string; readonly text?: string | undefined };

/** Makes the messages about one event, which may not exist. */
export function withMessagesAbout(given: State, event: About, now: number, newId: () => string): State {
  let state = given;
  for (const { id: webhookId, subscribedEvents } of given.webhooks.values()) {
    if (!subscribedEvents.includes(event.typeId)) continue;
    const { lie, left } = takeLie(state.lies);
    const message: Message = {
      id: newId(),
      webhookId,
      eventId: event.id,
      typeId: event.typeId,
      path: event.path,
      ...(event.text !== undefined && { text: event.text }),
      createdAt: now,
      dueAt: lie?.lost === true || lie?.reversed === true ? null : now + (lie?.lateMs ?? 0),
      copies: lie?.twice === true ? 2 : 1,
      isForged: lie?.forged === true,
      isOld: lie?.old === true,
      isHeld: lie?.reversed === true,
      attempts: [],
    };
    state = { ...state, lies: left, messages: new Map([...state.messages, [message.id, message]]) };
    if (lie?.reversed === true && lie.times === 1) state = releaseReversed(state, now);
  }
  return state;
}

function takeLie([lie, ...more]: readonly Lie[]): { lie: Lie | undefined; left: readonly Lie[] } {
  if (lie === undefined) return { lie, left: [] };
  return { lie, left: lie.times === 1 ? more : [{ ...lie, times: lie.times - 1 }, ...more] };
}

/** Sends the messages that were held, the newest first. */
function releaseReversed(state: State, now: number): State {
  const held = [...state.messages.values()].filter(({ isHeld }) => isHeld);
  const released = held.map((message, index) => ({
    ...message,
    isHeld: false,
    dueAt: now + held.length - 1 - index,
  }));
  return {
    ...state,
    messages: new Map([...state.messages, ...released.map((message) => [message.id, message] as const)]),
  };
}

/** The waits after the first attempts of a message, in milliseconds at `timeScale` 1: 8 attempts in 27 hours, as published. */
const waitsMs = [5, 300, 1_800, 7_200, 18_000, 36_000, 36_000].map((seconds) => seconds * 1_000);

/** Returns when the next attempt is due after `attempts` of them; `null` after the last. */
export function nextAttemptAt(attempts: number, now: number, timeScale: number): number | null {
  const wait = waitsMs[attempts - 1];
  return wait === undefined ? null : now + wait / timeScale;
}

/** Returns the message that is to be sent next. */
export function nextDue({ messages }: State, now: number): Message | undefined {
  const due = [...messages.values()].filter(({ dueAt }) => dueAt !== null && dueAt <= now);
  return due.toSorted((one, other) => (one.dueAt ?? 0) - (other.dueAt ?? 0))[0];
}

/** The thin body of a message, as published. */
export function payloadOf({ typeId, eventId, path, text }: Message, baseUrl: string) {
  return {
    eventTypeId: typeId,
    eventId,
    ...(text !== undefined && { text }),
    links: { event: `${baseUrl}/events/${eventId}`, eventEntity: `${baseUrl}${path}` },
  };
}
