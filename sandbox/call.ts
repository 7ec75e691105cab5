import type { Refusal } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import type { State } from "./state.ts";

export const maxBodyBytes = 65_536;

/** A request, independent of its transport. Header names are in lower case. */
export type Call = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, string>;
  /** `null` if the body was longer than `maxBodyBytes`. */
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
      /** The fields of the state that changed nevertheless. */
      readonly change?: Partial<State>;
    }
  | {
      readonly reply: Reply;
      /** The fields of the state that changed. */
      readonly change?: Partial<State>;
    };
