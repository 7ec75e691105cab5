import type { Event } from "../../events/domain/event.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import type { Endpoint, EndpointState } from "./endpoint.ts";
import type { Message, Outcome } from "./message.ts";
import type {
  StoredUpstreamMessage,
  UpstreamConsent,
  UpstreamEvent,
  UpstreamMessage,
} from "./upstream-message.ts";

/** The list of all endpoints, as one row: its limit and its unique URLs hold without a transaction. */
export interface EndpointList {
  endpoints: Endpoint[];
  /** Of the row; 0 if there is none yet. */
  version: number;
}

export interface Endpoints {
  read(): Promise<EndpointList>;
  /** Returns false if the list was written since it was read. */
  write(endpoints: readonly Endpoint[], since: Pick<EndpointList, "version">): Promise<boolean>;
}

export interface EndpointStates {
  /** Returns `WELL` if nothing is stored. */
  read(endpointId: string): Promise<EndpointState>;
  /** Counts one more failure in a row. Returns the state after it. */
  countFailure(endpointId: string): Promise<EndpointState>;
  /** Returns false if the mode is not `from` any more. */
  change(endpointId: string, from: EndpointState["mode"], to: EndpointState): Promise<boolean>;
  /** Returns false while another sweep holds the lease of this endpoint. */
  lease(endpointId: string, holder: string, until: Date): Promise<boolean>;
  release(endpointId: string, holder: string): Promise<void>;
  remove(endpointId: string): Promise<void>;
}

export interface MessagesPage {
  messages: Message[];
  /** The id of the message after which the next page begins; `undefined` if all messages were read. */
  next: string | undefined;
}

export interface WaitingMessage {
  id: string;
  /** ISO 8601. */
  dueAt: string;
  createdAt: string;
}

export interface Messages {
  /** Returns false if the message exists already. */
  add(message: Message): Promise<boolean>;
  find(endpointId: string, id: string): Promise<Message | undefined>;
  /** Stores what an attempt changed. Returns the message as it is now: with its `next`. Ignores a message that was deleted. */
  settle(message: Message): Promise<Message | undefined>;
  /** Stores the attempts of a message and nothing else, after one that changes nothing more. Returns the message as it is now. */
  noteAttempts(message: Message): Promise<Message | undefined>;
  /** Moves the time at which a message is due. Returns false if it was sent, or if that time was moved before. */
  claim(message: Message, until: string): Promise<boolean>;
  /** Notes the next message of the job. Returns false if the message is settled already. */
  link(endpointId: string, id: string, next: string): Promise<boolean>;
  /** Returns the messages that wait to be sent, oldest first. May miss those of the last second. */
  waiting(endpointId: string, limit: number): Promise<WaitingMessage[]>;
  /** Returns a page of an endpoint's messages, newest first. Returns `undefined` if the message `from` does not exist. */
  page(endpointId: string, options: MessagePageOptions): Promise<MessagesPage | undefined>;
  /** Returns messages of a period, oldest first. Returns `undefined` if the message `after` does not exist. */
  period(endpointId: string, options: MessagePeriodOptions): Promise<MessagesPage | undefined>;
  /**
   * Makes a message pending again, due at a time, with all its tries ahead, whatever its status is. Keeps its attempts. Ignores a
   * message that was deleted.
   */
  reopen(endpointId: string, id: string, dueAt: string): Promise<void>;
  /** The newest message of a job at an endpoint that keeps the order. */
  newestOf(endpointId: string, jobId: string): Promise<string | undefined>;
  noteNewest(endpointId: string, jobId: string, id: string): Promise<void>;
  forgetNewest(endpointId: string, jobId: string): Promise<void>;
  remove(endpointId: string, id: string): Promise<void>;
}

export interface MessagePageOptions {
  limit: number;
  /** The id of the last message of the page before. */
  from: string | undefined;
  wanted: ((message: Message) => boolean) | undefined;
}

export interface MessagePeriodOptions {
  /** ISO 8601. Messages that were created at this time or later. */
  from: string;
  /** ISO 8601. Messages that were created before this time. */
  to: string;
  limit: number;
  /** The id of the last message of the page before. */
  after: string | undefined;
  wanted: (message: Message) => boolean;
}

/** The secrets that sign the messages of endpoints. Sealed, in the table of secrets. */
export interface EndpointSecrets {
  /** Returns false, and stores nothing, if the endpoint has a secret of this number: two concurrent rotations must not share one. */
  store(endpointId: string, number: number, secret: Secret): Promise<boolean>;
  /** Returns `undefined` for a secret that is lost. */
  reveal(endpointId: string, number: number): Promise<Secret | undefined>;
  destroy(endpointId: string, number: number): Promise<void>;
}

export interface Delivery {
  url: string;
  /** The `webhook-id`. */
  id: string;
  body: string;
  /** Newest first. Each signs. */
  secrets: readonly Secret[];
  at: Date;
}

export interface Sender {
  /** Makes one attempt. Never throws: what failed is the outcome. */
  send(delivery: Delivery): Promise<Outcome>;
}

export interface Woken {
  endpointId: string;
  id: string;
  /** The owner asked for the message: it is sent whatever its status is, and the attempt does not count. */
  isResend?: true | undefined;
}

export interface Waker {
  /** Starts an attempt of each message immediately, and does not wait for them. */
  wake(messages: readonly Woken[]): Promise<void>;
}

export interface EventSink {
  add(event: Event): Promise<void>;
}

/** The messages of the aggregator's webhooks, until their events are fetched. */
export interface UpstreamMessages {
  /** Returns false if a message with this id has come before. */
  add(message: UpstreamMessage): Promise<boolean>;
  /** Returns the messages whose events are to be fetched, those that were not tried for the longest time first. */
  waiting(limit: number): Promise<StoredUpstreamMessage[]>;
  /** Puts the message behind the others. */
  postpone(message: UpstreamMessage): Promise<void>;
  /** Stores only the id, so that the message counts once. */
  finish(message: UpstreamMessage): Promise<void>;
}

/** Reads from the aggregator. Every call throws `UpstreamUnavailable` or `UpstreamRefused` if it fails. */
export interface UpstreamEvents {
  /** Returns `undefined` if the aggregator has no such event. */
  find(id: string): Promise<UpstreamEvent | undefined>;
  /** Returns all consents of a user, also those that have ended; none for a user that the aggregator does not have. */
  consentsOf(userId: string): Promise<UpstreamConsent[]>;
}
