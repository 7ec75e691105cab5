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
};

/** The ids in the path of a call. An id that the route does not contain is empty. */
export type Params = Readonly<Record<"userId" | "connectionId" | "jobId" | "institutionId", string>>;

/** The complete input of a reply. */
export type Situation = {
  readonly state: State;
  readonly call: Call;
  /** Milliseconds since the epoch. */
  readonly now: number;
  readonly setting: Setting;
};

export type Outcome =
  | { readonly refusal: Refusal }
  | {
      readonly reply: Reply;
      /** The fields of the state that changed. */
      readonly change?: Partial<State>;
    };
