import { type HttpReply, jsonOf, unexpectedReply } from "./exchange.ts";
import { randomKey } from "./idempotency-key.ts";
import { allEntries, entriesIn, type Page, type Reading } from "./lists.ts";
import { type ApiCall, type ApiOptions, apiAt, path } from "./requests.ts";
import { PATIENCE_OF_A_WATCH } from "./retries.ts";
import type {
  ApiEvent,
  EventType,
  Job,
  JobStub,
  ListedJob,
  Replay,
  Token,
  Webhook,
  WebhookMessage,
  WebhookWithSecret,
} from "./types.ts";
import { type Answers, type SeenJob, type WatchOptions, watchJob } from "./watch.ts";

export type { Answers, WatchOptions } from "./watch.ts";

export interface ConnectionJobsOptions extends ApiOptions {}

export interface CallOptions {
  /** Ends the call, its waits and its retries. */
  signal?: AbortSignal;
}

export interface PostOptions extends CallOptions {
  /** 1 to 255 characters of ASCII. A second call with the same key within the time that the API documents gets the job of the first. Default: a random key for each call. */
  idempotencyKey?: string;
}

/** The fields of a login. The institution says which of them it needs. */
export interface Login {
  loginId?: string;
  password?: string;
  securityCode?: string;
  secondaryLoginId?: string;
  userToken?: string;
}

export interface NewConnection extends Login {
  userId: string;
  institutionId: string;
}

export interface ListOptions extends CallOptions {
  /** Ends the list after this many entries. Default: none. */
  limit?: number;
}

export interface JobListOptions extends ListOptions {
  connectionId?: string;
  institutionId?: string;
}

export interface EventListOptions extends ListOptions {
  /** The id of the last event that you know. Default: the list begins with the oldest event. */
  after?: string;
  userId?: string;
  /** Such as `job`. */
  entity?: string;
  /** Such as `mfa-required`. */
  eventType?: string;
  /** Waits for new events after the last one, and asks for them every 5 s. Default: the list ends. */
  follow?: boolean;
}

export interface WebhookSettings {
  url: string;
  name?: string | null;
  description?: string | null;
  /** Ids of types, such as `job.succeeded`. Default: all. */
  subscribedEvents?: readonly string[] | null;
  payload?: "thin" | "full";
  ordering?: "none" | "job";
}

export interface WebhookChange extends WebhookSettings {
  status?: "active" | "disabled";
}

export interface MessageListOptions extends ListOptions {
  /** The API's filter, such as `status.eq('failed')`. */
  filter?: string;
}

export interface ReplayRequest {
  from: string;
  to: string;
  only?: "failed" | "held" | "all";
  /** `next` of the reply before. */
  after?: string;
}

export interface Webhooks {
  create(settings: WebhookSettings, options?: CallOptions): Promise<WebhookWithSecret>;
  list(options?: CallOptions): Promise<Webhook[]>;
  get(id: string, options?: CallOptions): Promise<Webhook>;
  change(id: string, change: WebhookChange, options?: CallOptions): Promise<Webhook>;
  delete(id: string, options?: CallOptions): Promise<void>;
  /** The earlier secrets sign for `overlapSeconds` more. Default: a day. */
  rotateSecret(id: string, options?: CallOptions & { overlapSeconds?: number }): Promise<WebhookWithSecret>;
  sendTest(message: { eventTypeId: string; Text?: string }, options?: CallOptions): Promise<WebhookMessage[]>;
  /** The newest first. */
  messages(id: string, options?: MessageListOptions): AsyncIterable<WebhookMessage>;
  message(id: string, messageId: string, options?: CallOptions): Promise<WebhookMessage>;
  resend(id: string, messageId: string, options?: CallOptions): Promise<WebhookMessage>;
  replay(id: string, replay: ReplayRequest, options?: CallOptions): Promise<Replay>;
}

export interface RequestOptions extends PostOptions {
  /** Sent as JSON. */
  body?: object;
  query?: Readonly<Record<string, string | number | undefined>>;
  headers?: Readonly<Record<string, string>>;
}

export interface ConnectionJobsClient {
  /** Begins the connection of a bank. If a job for this user and bank already runs, returns that job, with its steps. */
  connect(login: NewConnection, options?: PostOptions): Promise<JobStub | Job>;
  /** Gives a connection new credentials. */
  update(userId: string, connectionId: string, login: Login, options?: PostOptions): Promise<JobStub | Job>;
  refresh(userId: string, connectionId: string, options?: PostOptions): Promise<JobStub | Job>;
  /** Refreshes all connections of a user. */
  refreshAll(userId: string, options?: PostOptions): Promise<JobStub[]>;

  job(id: string, options?: CallOptions): Promise<Job>;
  /** The newest first. */
  jobs(userId: string, options?: JobListOptions): AsyncIterable<ListedJob>;
  /** Yields the job as it is now, then after each change, and ends when the job has ended. */
  watch(id: string, options?: WatchOptions): AsyncIterable<Job>;
  /** Sends the answer to the bank's challenge, and returns the job once the bank has decided. */
  answer(id: string, answers: Answers, options?: CallOptions): Promise<Job>;
  cancel(id: string, options?: CallOptions): Promise<JobStub>;
  /** Makes the next attempt of a queued job now. */
  resume(id: string, options?: CallOptions): Promise<JobStub>;

  /** The oldest first. */
  events(options?: EventListOptions): AsyncIterable<ApiEvent>;
  eventTypes(options?: CallOptions): Promise<EventType[]>;
  readonly webhooks: Webhooks;

  /** Gets a token of one user for an app or a page. Needs `apiKey`. */
  clientToken(userId: string, options?: CallOptions): Promise<Token>;
  /** Any other route. Returns the JSON of the reply, or `undefined` without a body. */
  request(method: string, path: string, options?: RequestOptions): Promise<unknown>;
}

/** Throws a `TypeError` if an option is not valid. */
export function connectionJobs(options: ConnectionJobsOptions): ConnectionJobsClient {
  const api = apiAt(options);
  /** The watches of this client. Its other calls report to them what they did to a job. */
  const listeners = new Set<(id: string, news: SeenJob | "changed") => void>();

  function tell(id: string, news: SeenJob | "changed"): void {
    for (const listener of listeners) listener(id, news);
  }

  async function send<Json>(method: string, route: string, call?: Partial<ApiCall>): Promise<Json> {
    const reply = await api.call({ ...call, method, path: route });
    const json = jsonOf<Json>(reply);
    if (json === undefined) throw unexpectedReply(reply.status);
    return json;
  }

  const get = <Json>(route: string, call?: Partial<ApiCall>) => send<Json>("GET", route, call);
  const post = <Json>(route: string, call?: CallOptions, body?: object) =>
    send<Json>("POST", route, { ...call, body });

  /** A POST that the API knows by its key, so that the client may send it again. */
  const begin = <Json>(route: string, call?: PostOptions, body?: object) =>
    send<Json>("POST", route, { idempotencyKey: randomKey(), ...call, body });

  const list = <Entry extends { id: string }>(route: string, reading: Reading, filter?: string) =>
    allEntries<Entry>(
      (query, patience) =>
        get(route, { query: { ...query, filter }, signal: reading.signal, ...(patience && { patience }) }),
      reading,
    );

  async function answer(id: string, answers: Answers, signal?: AbortSignal): Promise<SeenJob> {
    const body = { "mfa-response": typeof answers === "string" ? [answers] : answers };
    // The API sends an answer to the bank once, also if it gets the answer again.
    const call = { method: "POST", path: path`/jobs/${id}/mfa`, body, signal, isRepeatable: true };
    const seen = seenIn(await api.call(call));
    tell(id, seen);
    return seen;
  }

  return {
    connect: ({ userId, institutionId, ...login }, call) =>
      begin(path`/users/${userId}/connections`, call, { ...login, institution: { id: institutionId } }),
    update: (userId, connectionId, login, call) =>
      begin(path`/users/${userId}/connections/${connectionId}`, call, login),
    refresh: (userId, connectionId, call) =>
      begin(path`/users/${userId}/connections/${connectionId}/refresh`, call),
    refreshAll: async (userId, call) =>
      entriesIn(await begin<Page<JobStub>>(path`/users/${userId}/connections/refresh`, call)),

    job: async (id, call) => seenIn(await api.call({ ...call, method: "GET", path: path`/jobs/${id}` })).job,
    jobs(userId, { connectionId, institutionId, ...reading } = {}) {
      const filter = filterOf({ "connection.id": connectionId, "institution.id": institutionId });
      return list(path`/users/${userId}/jobs`, { ...reading, cursor: "next" }, filter);
    },
    watch(id, watching = {}) {
      const route = path`/jobs/${id}`;
      const patience = PATIENCE_OF_A_WATCH;
      return watchJob(
        {
          read: (rest, headers, signal) =>
            api.call({ method: "GET", path: route + rest, headers, signal, patience }),
          seenIn,
          answer: (answers, signal) => answer(id, answers, signal),
          listen(onNews) {
            const listener = (jobId: string, news: SeenJob | "changed") => jobId === id && onNews(news);
            listeners.add(listener);
            return () => listeners.delete(listener);
          },
        },
        watching,
      );
    },
    answer: async (id, answers, call) => (await answer(id, answers, call?.signal)).job,
    async cancel(id, call) {
      const stub = await send<JobStub>("DELETE", path`/jobs/${id}`, call);
      tell(id, "changed");
      return stub;
    },
    async resume(id, call) {
      const stub = await post<JobStub>(path`/jobs/${id}/resume`, call);
      tell(id, "changed");
      return stub;
    },

    events({ after, userId, entity, eventType, ...reading } = {}) {
      const filter = filterOf({ "user.id": userId, "event.entity": entity, "event.type": eventType });
      return list("/events", { ...reading, cursor: "after", from: after }, filter);
    },
    eventTypes: async (call) => entriesIn(await get<Page<EventType>>("/events/types", call)),
    webhooks: {
      create: (settings, call) => post(WEBHOOKS, call, settings),
      list: async (call) => entriesIn(await get<Page<Webhook>>(WEBHOOKS, call)),
      get: (id, call) => get(webhook(id), call),
      change: (id, change, call) => post(webhook(id), call, change),
      async delete(id, call) {
        await api.call({ ...call, method: "DELETE", path: webhook(id) });
      },
      rotateSecret: (id, { overlapSeconds, ...call } = {}) =>
        post(`${webhook(id)}/secret`, call, { overlapSeconds }),
      sendTest: async (message, call) =>
        entriesIn(await post<Page<WebhookMessage>>("/notifications/messages/test", call, message)),
      messages: (id, { filter, ...reading } = {}) =>
        list(`${webhook(id)}/messages`, { ...reading, cursor: "from" }, filter),
      message: (id, messageId, call) => get(webhook(id) + path`/messages/${messageId}`, call),
      resend: (id, messageId, call) => post(webhook(id) + path`/messages/${messageId}/resend`, call),
      replay: (id, replay, call) => post(`${webhook(id)}/replay`, call, replay),
    },

    clientToken: (userId, call) => api.clientToken(userId, call?.signal),
    request: async (method, route, call) => jsonOf(await api.call({ ...call, method, path: route })),
  };
}

const WEBHOOKS = "/notifications/webhooks";
const webhook = (id: string) => WEBHOOKS + path`/${id}`;

/** Returns the job of a reply. An API of another version may reply with something else. */
function seenIn(reply: HttpReply): SeenJob {
  const job = jsonOf<Job>(reply);
  if (!Array.isArray(job?.steps)) throw unexpectedReply(reply.status);
  return { job, tag: reply.header("etag") };
}

/** Returns the API's filter for these conditions; `undefined` if there is no condition. */
function filterOf(conditions: { readonly [field: string]: string | undefined }): string | undefined {
  const given = Object.entries(conditions).filter(([, value]) => value !== undefined);
  return given.map(([field, value]) => `${field}.eq('${value}')`).join(",") || undefined;
}
