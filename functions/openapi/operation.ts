import type { ZodMiniType } from "zod/mini";
import type { Scope } from "../access/caller.ts";
import type { RefusalReason } from "../jobs/domain/refusal.ts";
import type { ReplyName, RequestName } from "./components.ts";

/** The groups of operations, in the order in which a reader needs them. */
export const TAGS = {
  Tokens: "Exchange an API key for a token.",
  Users: "Create, read, change and erase users.",
  Banks:
    "Find the banks, and learn what their logins need. An institution is a bank; a connector is a way to connect it.",
  Connections: "Connect a user's bank, give a connection new credentials, read its data again, or delete it.",
  Links: "Send a user to a page on which the user connects a bank.",
  Jobs: "Follow the work on a connection, and answer its MFA challenge.",
  Events: "Read what happened to all jobs.",
  Webhooks: "Let the API send what happens to your backend.",
  Data: "Read what the banks of a user know.",
  Reports: "Let the aggregator make reports from the data of a user.",
  Service: "The health of the API, and this document.",
} as const;

export type Tag = keyof typeof TAGS;

/** A credential with which a call succeeds. */
export type Caller = "API key" | Scope;

export interface Parameter {
  name: string;
  in: "path" | "query" | "header";
  description: string;
  schema: ZodMiniType;
  required?: true;
}

export interface Operation {
  tag: Tag;
  summary: string;
  description?: string;
  /** Empty: the call needs no credential. */
  callers: readonly Caller[];
  /** Parameters in the query and the header. Those in the path follow from the path. */
  parameters?: readonly Parameter[];
  body?: { types: readonly string[]; schema: RequestName; isOptional?: true };
  replies: {
    readonly [status: number]: { description: string; schema?: ReplyName; headers?: readonly string[] };
  };
  /** The reasons for which the API refuses the call, without those that apply to every call. */
  refusals: readonly RefusalReason[];
  /** The aggregator can refuse the call too, with a status and a code of its own. */
  passesRefusals?: true;
}
