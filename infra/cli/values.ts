import { isLoopbackUrl } from "../local/loopback.ts";
import type { Call } from "./read-arguments.ts";
import { UsageError } from "./usage-error.ts";

/*
 * The values of arguments. They go into paths of the API, so each is checked before a request. No message repeats a value.
 */

const ID = /^[A-Za-z0-9_-]{1,64}$/;
const EVENT_ID = /^[0-9a-f]{64}$/;
const TYPE = /^[a-z]+\.[a-z-]+$/;

/** Returns a word after the command. */
export function idIn({ name, words }: Call, index: number, what: string): string {
  const word = words[index] ?? "";
  if (!ID.test(word)) throw new UsageError(`${name} needs ${what}: letters, digits and hyphens, at most 64.`);
  return word;
}

export function userIn({ name, texts }: Call): string {
  const user = texts["user"];
  if (user === undefined) throw new UsageError(`${name} needs --user ID.`);
  if (!ID.test(user))
    throw new UsageError("--user takes the id of a user: letters, digits and hyphens, at most 64.");
  return user;
}

/** Returns the value of an option, which must match the pattern. */
export function matching({ texts }: Call, option: string, pattern: RegExp, what: string): string | undefined {
  const value = texts[option];
  if (value !== undefined && !pattern.test(value)) throw new UsageError(`--${option} takes ${what}.`);
  return value;
}

export function oneOf<Value extends string>(
  call: Call,
  option: string,
  values: readonly Value[],
): Value | undefined {
  const value = call.texts[option];
  const found = values.find((one) => one === value);
  if (value !== undefined && found === undefined)
    throw new UsageError(`--${option} takes ${values.join(", ")}.`);
  return found;
}

export function wholeNumberIn(
  call: Call,
  option: string,
  { least = 0, most }: { least?: number; most: number },
): number | undefined {
  const what = `a whole number ${least > 0 ? `from ${least} ` : ""}up to ${most}`;
  const value = matching(call, option, /^\d{1,9}$/, what);
  if (value === undefined) return undefined;
  if (Number(value) < least || Number(value) > most) throw new UsageError(`--${option} takes ${what}.`);
  return Number(value);
}

export function required<Value>(value: Value | undefined, { name }: Call, option: string): Value {
  if (value === undefined) throw new UsageError(`${name} needs --${option}.`);
  return value;
}

export function eventIdIn(call: Call, option: string): string | undefined {
  return matching(call, option, EVENT_ID, "the id of an event");
}

export function isEventType(text: string): boolean {
  return TYPE.test(text);
}

/** Returns a URL of a receiver on this machine. */
export function loopbackUrlIn(call: Call, option: string): string {
  const url = required(call.texts[option], call, option);
  if (!isLoopbackUrl(url)) {
    throw new UsageError(`--${option} takes an address on this machine, such as http://127.0.0.1:4000/hook.`);
  }
  return url;
}
