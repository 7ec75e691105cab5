import { type Canary, headerCanary, plainCanary, textCanary } from "./canary.ts";
import type { CanaryWorld } from "./canary-world.ts";

/** All canaries of a run, and the text that the sandbox knows in place of each. */
export function canaryRegister() {
  const canaries: Canary[] = [];
  const originals = new Map<string, string>();
  const isToArrive = new Set<string>();

  function add(canary: Canary, original?: string): string {
    canaries.push(canary);
    if (original !== undefined) originals.set(canary.text, original);
    return canary.text;
  }

  return {
    canaries: canaries as readonly Canary[],
    text: (name: string, original?: string) => add(textCanary(name), original),
    header: (name: string) => add(headerCanary(name)),
    plain: (name: string, original?: string) => add(plainCanary(name), original),
    /** A secret that the system made: a token. */
    made(name: string, text: string): void {
      if (!originals.has(text) && canaries.every((canary) => canary.text !== text)) add({ name, text });
    },
    /** These prove nothing unless they reach upstream. */
    toArrive(...texts: readonly string[]): void {
      for (const text of texts) isToArrive.add(text);
    },
    /** These may have reached upstream or not: their journey is repeated. */
    mayBeMissing(...texts: readonly string[]): void {
      for (const text of texts) isToArrive.delete(text);
    },
    originalOf: (text: string): string => originals.get(text) ?? text,
    /** The names of those that were to reach upstream and did not. */
    missing: (arrived: ReadonlySet<string>): string[] =>
      canaries.filter(({ text }) => isToArrive.has(text) && !arrived.has(text)).map(({ name }) => name),
  };
}

export type CanaryRegister = ReturnType<typeof canaryRegister>;

/** By the names of its canaries. Except for the last kind, some have to be accepted by upstream, our API, Step Functions or the receiver of webhooks. */
const KINDS: { readonly [kind: string]: RegExp } = {
  login: /^login of /,
  password: /^password of /,
  "security code": /^security code of /,
  "secondary login": /^secondary login of /,
  "user token": /^user token of /,
  answer: /^(\w+ )?answer of /,
  "task token": /^task token$/,
  "API key": /^API key$/,
  "API key of upstream": /^API key of upstream$/,
  "access token of ours": /^access token of ours$/,
  "access token of upstream": /^access token of upstream$/,
  "secret of a webhook": /^secret of a webhook$/,
  "Idempotency-Key": /^Idempotency-Key/,
  "passed request": /^(query|body|file name|statement) of a passed request$/,
  "text of a refused request": /^refused /,
};

/** How many canaries there are of each kind, and how many were accepted. Throws if one has no kind, because nobody would miss it. */
export function kindsOfCanaries({ register, arrived, client, recorder, webhook }: CanaryWorld) {
  const woken = recorder.calls
    .filter(({ operation, reply }) => operation === "SendTaskSuccess" && reply?.status === 200)
    .map(({ request }) => String(request["taskToken"]));
  const accepted = new Set([...arrived, ...client.accepted, ...woken, ...webhook.signers()]);
  const kinds = Object.entries(KINDS).map(([kind, names]) => {
    const made = register.canaries.filter(({ name }) => names.test(name));
    const taken = made.filter(({ text }) => accepted.has(text)).length;
    const isMissing = made.length === 0 || (taken === 0 && kind !== "text of a refused request");
    return { kind, made: made.length, taken, isMissing };
  });
  const known = kinds.reduce((sum, { made }) => sum + made, 0);
  if (known !== register.canaries.length) throw new Error("There are canaries of no kind, or of two.");
  return kinds;
}
