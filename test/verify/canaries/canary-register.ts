import { type Canary, headerCanary, plainCanary, textCanary } from "./canary.ts";

/** What the bank's side knows in the place of a canary; `undefined` when nobody there knows it. */
export type Original = string | undefined;

/** Every canary that was let out, and what it stands for. */
export function canaryRegister() {
  const canaries: Canary[] = [];
  const originals = new Map<string, string>();
  const isToArrive = new Set<string>();

  function add(canary: Canary, original?: Original): string {
    canaries.push(canary);
    if (original !== undefined) originals.set(canary.text, original);
    return canary.text;
  }

  return {
    canaries: canaries as readonly Canary[],
    /** Any text: a password, an answer. */
    text: (name: string, original?: Original) => add(textCanary(name), original),
    /** What a header can hold. */
    header: (name: string) => add(headerCanary(name)),
    /** Letters and digits. */
    plain: (name: string, original?: Original) => add(plainCanary(name), original),
    /** What somebody else has made: a token. */
    made(name: string, text: string): void {
      if (!originals.has(text) && canaries.every((canary) => canary.text !== text)) add({ name, text });
    },
    /** It proves nothing unless the bank's side has seen it. */
    toArrive(...texts: readonly string[]): void {
      for (const text of texts) isToArrive.add(text);
    },
    originalOf: (text: string): string => originals.get(text) ?? text,
    /** The names of those that were to arrive, and did not. */
    missing: (arrived: ReadonlySet<string>): string[] =>
      canaries.filter(({ text }) => isToArrive.has(text) && !arrived.has(text)).map(({ name }) => name),
  };
}

export type CanaryRegister = ReturnType<typeof canaryRegister>;
