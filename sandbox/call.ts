import type { Refusal } from "./refusal.ts";
import type { Reply } from "./reply.ts";
import type { State } from "./state.ts";

export const maxBodyBytes = 65_536;

/** A request without its transport. Header names are in lower case. */
export type Call = {
  readonly method: string;
  readonly path: string;
  readonly query: URLSearchParams;
  readonly headers: ReadonlyMap<string, string>;
  /** `null` when it was larger than is taken. */
  readonly body: string | null;
};

export type Setting = {
  /** Without a slash at the end; the absolute links start with it. */
  readonly baseUrl: string;
  /** When absent, any key that is not empty is taken. */
  readonly apiKey: string | undefined;
  /** The control side needs the API key too, where strangers can reach it. */
  readonly isControlGuarded: boolean;
  readonly timeScale: number;
  readonly newId: () => string;
  readonly newToken: () => string;
};

/** What the path of a call names; empty where its route has no such part. */
export type Params = Readonly<Record<"userId" | "connectionId" | "jobId" | "institutionId", string>>;

/** Everything a reply depends on. */
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
      /** The parts of the state that are different afterwards. */
      readonly change?: Partial<State>;
    };
