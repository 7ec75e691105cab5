import type { Refusal } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import type { State } from "./state.ts";

const usualBytes = 65_536;
const statementBytes = 6_000_000;

/** Returns the length of the longest body that a call may have, in bytes. */
export function maxBodyBytes(path: string): number {
  return path.endsWith("/statements") ? statementBytes : usualBytes;
}

/** A request, independent of its transport. Header names are in lower case. */
export type Call = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, string>;
  /** `null` if the body was longer than {@link maxBodyBytes}. Bytes that are not UTF-8, such as those of a file, are lost. */
  readonly body: string | null;
};

export type Setting = {
  /** The start of absolute links, without a trailing slash. */
  readonly baseUrl: string;
  /** Undefined: every non-empty key is accepted. */
  readonly apiKey: string | undefined;
  /** Whether the control API requires the API key. Needed where strangers can reach the sandbox. */
  readonly isControlGuarded: boolean;
  readonly timeScale: number;
  readonly newId: () => string;
  readonly newToken: () => string;
  /**
   * Whether the sandbox keeps events and consents, and sends messages of webhooks. Only the sandbox on a socket does. Default:
   * false.
   */
  readonly notifies?: boolean;
  /** Where the Consent UI sends browsers back to. Undefined: it shows no way back, as published. */
  readonly consentReturnUrl?: string | undefined;
};

type PathPart =
  | `${"user" | "connection" | "job" | "institution" | "account" | "transaction" | "report" | "identity"}Id`
  | `${"consent" | "event" | "eventType" | "webhook" | "message"}Id`
  | "method";

/** The parts of a call's path that its route names. A part that the route does not name is empty. */
export type Params = Readonly<Record<PathPart, string>>;

/** The complete input of a reply. */
export type Situation = {
  readonly state: State;
  readonly call: Call;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly setting: Setting;
};

export type Outcome =
  | {
      readonly refusal: Refusal;
      /** The fields of the state that changed in spite of the refusal. */
      readonly change?: Partial<State>;
    }
  | {
      readonly reply: Reply;
      /** The fields of the state that changed. */
      readonly change?: Partial<State>;
    };
