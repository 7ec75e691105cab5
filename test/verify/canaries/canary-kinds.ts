import type { CanaryWorld } from "./canary-world.ts";

/** By the names of its canaries, and whether somebody has to have got them. */
const KINDS = {
  login: { names: /^login of /, arrives: true },
  password: { names: /^password of /, arrives: true },
  "security code": { names: /^security code of /, arrives: true },
  "secondary login": { names: /^secondary login of /, arrives: true },
  "user token": { names: /^user token of /, arrives: true },
  answer: { names: /^(\w+ )?answer of /, arrives: true },
  "task token": { names: /^task token$/, arrives: true },
  "API key": { names: /^API key$/, arrives: true },
  "API key of upstream": { names: /^API key of upstream$/, arrives: true },
  "access token of ours": { names: /^access token of ours$/, arrives: true },
  "access token of upstream": { names: /^access token of upstream$/, arrives: true },
  "Idempotency-Key": { names: /^Idempotency-Key/, arrives: true },
  "text of a refused request": { names: /^refused /, arrives: false },
} as const;

export interface KindOfCanary {
  readonly kind: string;
  readonly made: number;
  /** How many of them the bank's side, our API or Step Functions have taken. */
  readonly arrived: number;
  readonly isMissing: boolean;
}

/** Each kind of secret, with how many there were. A canary of no kind throws: nobody would miss it. */
export function kindsOfCanaries({ register, arrived, client, recorder }: CanaryWorld): KindOfCanary[] {
  const woken = recorder.calls
    .filter(({ operation, reply }) => operation === "SendTaskSuccess" && reply?.status === 200)
    .map(({ request }) => String(request["taskToken"]));
  const taken = new Set([...arrived, ...client.accepted, ...woken]);
  const kinds = Object.entries(KINDS).map(([kind, { names, arrives }]) => {
    const made = register.canaries.filter(({ name }) => names.test(name));
    const came = made.filter(({ text }) => taken.has(text)).length;
    return {
      kind,
      made: made.length,
      arrived: came,
      isMissing: made.length === 0 || (arrives && came === 0),
    };
  });
  const known = kinds.reduce((sum, { made }) => sum + made, 0);
  if (known !== register.canaries.length) throw new Error("There are canaries of no kind, or of two.");
  return kinds;
}

export function inWords({ kind, made, arrived }: KindOfCanary): string {
  return `${made} ${kind} (${arrived} taken)`;
}
