import { randomUUID } from "node:crypto";
import { expect } from "vitest";
import * as z from "zod";
import { jobReply } from "../../../functions/http/reply-schemas.ts";
import { cancel, connectionOf, connectionPath, list, page, resume } from "../../journeys/calls.ts";
import { eventsUntil, listEvents } from "../../journeys/event-calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import {
  ALL_DONE,
  type HttpReply,
  type MobileBackend,
  statuses,
  stepOf,
} from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import type { AwsCall } from "../support/aws-recorder.ts";
import { fails } from "../support/faulty-functions.ts";
import { addRow, change, rowsOfAll } from "../support/tables.ts";
import type { ObservedSystem } from "./observed-system.ts";

export interface PermissionJourney {
  title: string;
  /** Returns the jobs that it started. The journey is over when their first executions are. */
  walk(system: ObservedSystem): Promise<string[]>;
}

/** A journey of a user, who has nothing yet. */
export function journey(
  title: string,
  walk: (system: ObservedSystem, backend: MobileBackend) => Promise<string[]>,
): PermissionJourney {
  return { title, walk: (system) => walk(system, system.newBackend()) };
}

type Matches = (call: AwsCall) => boolean;

/** Matches calls of one function. `entry` is such as `api/create-connection`. */
export function callOf(entry: string, operation: string): Matches {
  return ({ by, ...call }) =>
    by?.entry.endsWith(`/${entry}.lambda.ts`) === true && call.operation === operation;
}

/** Matches calls of one function about rows whose key begins like this. */
export function rowCall(entry: string, operation: string, keyName: string, begin = ""): Matches {
  const isCall = callOf(entry, operation);
  return (call) => {
    const row = JSON.stringify(call.request["Key"] ?? call.request["Item"] ?? {});
    return isCall(call) && row.includes(`"${keyName}":{"S":"${begin}`);
  };
}

async function answer(backend: MobileBackend, jobId: string): Promise<void> {
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
}

const ANSWERING: readonly PermissionJourney[] = [
  journey("a request asks only whether the API is up, and for an unknown path", async (system, backend) => {
    expect((await backend.send("GET", "/health")).status).toBe(200);
    expect((await backend.send("GET", "/openapi.json")).status).toBe(200);
    expect((await backend.send("POST", "/upstream/notifications")).status).toBe(404);
    expect((await backend.send("GET", "/elsewhere")).status).toBe(404);
    // The function that sends messages looks for some every minute.
    const ofRequests = system.recorder.calls.filter(
      ({ by }) => !by?.entry.endsWith("/deliver-webhooks.lambda.ts"),
    );
    expect(ofRequests).toEqual([]);
    return [];
  }),
  journey("a bank asks, and the user answers", async (system, backend) => {
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    await answer(backend, jobId);
    expect(statuses((await system.over(backend, jobId)).steps)).toEqual(ALL_DONE);
    return [jobId];
  }),
  journey("a client waits for a change of a job, in vain and then with success", async (system, backend) => {
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    const authorization = `Bearer ${await backend.token()}`;
    const wait = (seconds: number, etag: string) =>
      backend.send("GET", `/jobs/${jobId}/changes?wait=${seconds}`, {
        headers: { authorization, "if-none-match": etag },
      });
    const etag = (await wait(0, "")).headers.get("etag") ?? "";
    const hasWaited = system.recorder.fromNow();
    // On a slow machine the time of a request may be up before it takes a slot.
    do expect((await wait(25, etag)).status).toBe(304);
    while (!hasWaited().calls.some(rowCall("api/job-changes", "DeleteItem", "pk", "waiter#")));
    await answer(backend, jobId);
    await system.over(backend, jobId);
    expect((await wait(25, etag)).status).toBe(200);
    return [jobId];
  }),
  journey("a bank takes longer than a slice", async (system, backend) => {
    const jobId = await system.startSlowJob(backend, HOOLI, LOGINS.gavin);
    await system.over(backend, jobId);
    return [jobId];
  }),
  journey("a login is posted again while its job runs", async (system, backend) => {
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    const again = await backend.connect(PIED_PIPER, LOGINS.jared);
    expect([again.status, jobReply.parse(again.json).id]).toEqual([200, jobId]);
    await answer(backend, jobId);
    await system.over(backend, jobId);
    expect(await backend.loginsSent()).toBe(1);
    return [jobId];
  }),
  journey("the aggregator refuses a login at once", async (system, backend) => {
    const path = `/users/${backend.userId}/connections`;
    await backend.faults([{ method: "POST", path, times: 1, do: { status: 400 } }]);
    const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
    const { steps } = await system.over(backend, jobId);
    expect(steps[0]).toMatchObject({ status: "failed", result: { code: "parameter-not-valid" } });
    expect(await backend.loginsSent()).toBe(1);
    return [jobId];
  }),
  journey("the challenge expires before a late answer is stored", async (system, backend) => {
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    const held = system.recorder.hold(rowCall("api/answer-mfa", "PutItem", "jobId", jobId));
    const late = backend.answer(jobId, ["1234"]);
    await held.arrived;
    const { steps } = await system.over(backend, jobId);
    expect(stepOf(steps, "mfa-challenge")?.result).toMatchObject({ code: "mfa-expired" });
    held.release();
    expect((await late).status).toBe(410);
    expect(await backend.answersSent()).toBe(0);
    return [jobId];
  }),
  journey(
    "the Task that asks is cut off and runs again, and the answer comes in between",
    async (system, backend) => {
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      const isAsking = rowCall("workflow/ask-for-answer", "GetItem", "pk", `job#${jobId}`);
      // The run that is cut off reads twice, and this is the first read after it.
      const THIRD = 3;
      let reads = 0;
      const held = system.recorder.hold((call) => isAsking(call) && ++reads === THIRD);
      system.plan(jobId, { "ask-for-answer": fails("after", "Lambda.Unknown") });
      await held.arrived;
      await answer(backend, jobId);
      held.release();
      expect(statuses((await system.over(backend, jobId)).steps)).toEqual(ALL_DONE);
      expect([await backend.loginsSent(), await backend.answersSent()]).toEqual([1, 1]);
      return [jobId];
    },
  ),
  journey("a Task fails for good, and the job is given up", async (system, backend) => {
    const faults = { "open-connection": fails("before", "SyntaxError") };
    const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin, faults);
    const { steps } = await system.over(backend, jobId);
    expect(steps[0]).toMatchObject({ status: "failed", result: { code: "internal-server-error" } });
    return [jobId];
  }),
];

/** The POST routes that make a job, each by its function. */
interface Route {
  entry: string;
  title: string;
  path(backend: MobileBackend, connectionId: string): string;
  body?: object;
}

const CREATE: Route = {
  entry: "create-connection",
  title: "one login",
  path: ({ userId }) => `/users/${userId}/connections`,
  body: { ...LOGINS.gavin, institution: { id: HOOLI } },
};
const UPDATE: Route = {
  entry: "update-connection",
  title: "one update",
  path: connectionPath,
  body: LOGINS.gavin,
};
const REFRESH: Route = {
  entry: "refresh-connection",
  title: "one refresh",
  path: (backend, connectionId) => `${connectionPath(backend, connectionId)}/refresh`,
};
const REFRESH_ALL: Route = {
  entry: "refresh-connections",
  title: "a refresh of everything",
  path: (backend) => connectionPath(backend, "refresh"),
};
const ROUTES = [CREATE, UPDATE, REFRESH, REFRESH_ALL];

const named = z.union([
  z.object({ type: z.literal("job"), id: z.string() }).transform(({ id }) => id),
  z.object({ data: z.tuple([z.object({ id: z.string() })]) }).transform(({ data }) => data[0].id),
]);

/** The job that a reply names, whether the request began or found it. */
function jobNamed({ json }: HttpReply): string {
  return named.parse(json);
}

/** A user with a connection, unless the route makes one. */
async function userFor(system: ObservedSystem, route: Route) {
  const backend = system.newBackend();
  if (route === CREATE) return { backend, connectionId: "", jobs: [] };
  const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
  const connectionId = await connectionOf(backend, jobId);
  await system.execution(jobId).ended();
  return { backend, connectionId, jobs: [jobId] };
}

function racing(route: Route): PermissionJourney {
  return journey(`two requests for ${route.title} race, and one loses the claim`, async (system) => {
    const { backend, connectionId, jobs } = await userFor(system, route);
    const send = () => backend.call("POST", route.path(backend, connectionId), route.body);
    await backend.token();
    const held = system.recorder.hold(rowCall(`api/${route.entry}`, "PutItem", "pk", "claim#"));
    const losing = send();
    await held.arrived;
    const jobId = jobNamed(await send());
    held.release();
    expect(jobNamed(await losing)).toBe(jobId);
    system.plan(jobId, {});
    await system.over(backend, jobId);
    const posts = (await backend.upstreamCalls()).filter((call) => /^POST .*\/connections/.test(call));
    expect(posts).toHaveLength(jobs.length + 1);
    return [jobId, ...jobs];
  });
}

async function sendWithKey(backend: MobileBackend, path: string, body: object = {}): Promise<HttpReply> {
  const headers = {
    authorization: `Bearer ${await backend.token()}`,
    "content-type": "application/json",
    "idempotency-key": "key-1",
  };
  return backend.send("POST", path, { headers, body: JSON.stringify(body) });
}

function repeated(route: Route): PermissionJourney {
  return journey(`a request for ${route.title} is repeated with its Idempotency-Key`, async (system) => {
    const { backend, connectionId, jobs } = await userFor(system, route);
    const path = route.path(backend, connectionId);
    const first = await sendWithKey(backend, path, route.body);
    expect(first.status).toBe(202);
    const again = await sendWithKey(backend, path, route.body);
    expect([again.status, again.json]).toEqual([202, first.json]);
    const jobId = jobNamed(first);
    system.plan(jobId, {});
    await system.over(backend, jobId);
    return [jobId, ...jobs];
  });
}

function refused(route: Route, body = route.body): PermissionJourney {
  return journey(
    `a request for ${route.title} is refused, and its Idempotency-Key is deleted`,
    async (_, backend) => {
      const { status } = await sendWithKey(backend, route.path(backend, "none"), body);
      expect([400, 404]).toContain(status);
      return [];
    },
  );
}

const accessToken = z.object({ access_token: z.string() });
const connections = z.object({ data: z.tuple([z.object({ id: z.string() })]) });

/** Makes a connection at the aggregator, unknown to our API. */
async function madeElsewhere({ userId, target }: MobileBackend): Promise<string> {
  const headers = { authorization: "Basic any", "basiq-version": "2.1", "content-type": "application/json" };
  const call = async (method: string, path: string, token: string, body?: object) => {
    const init = { method, headers: { ...headers, authorization: token }, body: JSON.stringify(body) };
    return (await fetch(`${target.sandboxUrl}${path}`, init)).json();
  };
  const { access_token } = accessToken.parse(await call("POST", "/token", headers.authorization, {}));
  const path = `/users/${userId}/connections`;
  await call("POST", path, `Bearer ${access_token}`, { ...LOGINS.gavin, institution: { id: HOOLI } });
  return connections.parse(await call("GET", path, `Bearer ${access_token}`)).data[0].id;
}

const REQUESTING: readonly PermissionJourney[] = [
  ...ROUTES.map(racing),
  journey("a connection that only the aggregator knows is refreshed", async (system, backend) => {
    const connectionId = await madeElsewhere(backend);
    const jobId = jobNamed(await backend.call("POST", REFRESH.path(backend, connectionId)));
    system.plan(jobId, {});
    await system.over(backend, jobId);
    expect(await backend.upstreamCalls()).toContain(`GET ${connectionPath(backend, connectionId)}`);
    return [jobId];
  }),
  journey("all connections of a user are refreshed", async (system) => {
    const { backend, jobs } = await userFor(system, REFRESH_ALL);
    const jobId = jobNamed(await backend.call("POST", REFRESH_ALL.path(backend, "")));
    system.plan(jobId, {});
    await system.over(backend, jobId);
    return [...jobs, jobId];
  }),
  ...ROUTES.map(repeated),
  refused(CREATE, { ...LOGINS.gavin, institution: { id: "AU99999" } }),
  refused(UPDATE),
  refused(REFRESH),
];

const PENDING = { status: "pending", result: null };
const CONNECTION = "/users/any/connections/shown-late";
const ACCEPTED = { status: "success", result: { type: "link", url: CONNECTION } };
const REFUSED = {
  status: "failed",
  result: { code: "invalid-credentials", title: "Cannot login", detail: "Invalid credentials" },
};

const DOWN = { status: "failed", result: { ...REFUSED.result, code: "institution-not-available" } };

/** A bank that asks for a code before it verifies the login. */
function bankThatAsksFirst(verify: object) {
  const job = (updated: string, first: object, mfa: object, rest: object) => ({
    type: "job",
    id: "any",
    updated,
    steps: [
      { title: "verify-credentials", ...first },
      { title: "mfa-challenge", ...mfa },
      { title: "retrieve-accounts", ...rest },
      { title: "retrieve-transactions", ...rest },
    ],
  });
  const asks = { type: "mfa", method: "token", description: "", input: ["OTP"], expiryMs: 120_000 };
  const running = { status: "in-progress", result: null };
  const done = { status: "success", result: null };
  const reply = (method: string, path: string, times: number, body: object) => ({
    method,
    path,
    times,
    // 200 to a login would name a job that was there before.
    do: { status: method === "POST" ? 202 : 200, body: JSON.stringify(body) },
  });
  return [
    reply("POST", "/users/*/connections", 1, { type: "job", id: "any" }),
    reply("GET", "/jobs/*", 1, job("2026-01-01T00:00:00Z", running, { ...running, result: asks }, PENDING)),
    reply("POST", "/jobs/*", 1, { type: "job", id: "any" }),
    reply("GET", "/jobs/*", 1000, job("2026-01-01T00:00:01Z", verify, done, done)),
  ];
}

function askingFirst(title: string, verify: object, isReplyLost: boolean): PermissionJourney {
  return journey(title, async (system, backend) => {
    if (isReplyLost) system.recorder.loseReply(rowCall("workflow/send-answer", "PutItem", "pk", "claim#"));
    await backend.faults(bankThatAsksFirst(verify));
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    await answer(backend, jobId);
    const { steps } = await system.over(backend, jobId);
    await backend.faults([]);
    expect(stepOf(steps, "verify-credentials")).toMatchObject(verify);
    return [jobId];
  });
}

/** A job waits in the queue; it is cancelled, so that nothing of it goes on. */
async function cancelQueued(backend: MobileBackend, jobId: string): Promise<string[]> {
  await untilQueued(backend, jobId);
  expect((await cancel(backend, jobId)).status).toBe(202);
  return [jobId];
}

/** A login at a bank that is done within the first slice, or takes longer. */
function logins(
  pace: string,
  start: "startJob" | "startSlowJob",
  follower: "open-connection" | "follow-job",
): PermissionJourney[] {
  return [
    journey(`a ${pace} bank refuses a login`, async (system, backend) => {
      const jobId = await system[start](backend, HOOLI, LOGINS.bighead);
      const { steps } = await system.over(backend, jobId);
      expect(steps[0]).toMatchObject({ status: "failed", result: { code: "invalid-credentials" } });
      return [jobId];
    }),
    journey(`a login at a ${pace} bank meets an outage`, async (system, backend) => {
      const jobId = await system[start](backend, HOOLI, LOGINS.jianYang);
      return cancelQueued(backend, jobId);
    }),
    journey(`the reply to the claim on the connection of a ${pace} bank is lost`, async (system, backend) => {
      system.recorder.loseReply(rowCall(`workflow/${follower}`, "PutItem", "pk", "claim#"));
      const jobId = await system[start](backend, HOOLI, LOGINS.gavin);
      const { steps } = await system.over(backend, jobId);
      expect(statuses(steps)).toContain("retrieve-transactions: success");
      return [jobId];
    }),
  ];
}

const VERIFYING: readonly PermissionJourney[] = [
  ...logins("fast", "startJob", "open-connection"),
  ...logins("slow", "startSlowJob", "follow-job"),
  askingFirst(
    "a bank accepts the login only after it has asked, and the reply to the claim is lost",
    ACCEPTED,
    true,
  ),
  askingFirst("a bank refuses the login only after it has asked", REFUSED, false),
  journey("a bank is down after it has asked", async (system, backend) => {
    await backend.faults(bankThatAsksFirst(DOWN));
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    await backend.institution(PIED_PIPER, { status: "major-outage" });
    await answer(backend, jobId);
    const cancelled = await cancelQueued(backend, jobId);
    await backend.faults([]);
    await backend.institution(PIED_PIPER, { status: "operational" });
    return cancelled;
  }),
];

async function queuedJob(system: ObservedSystem, backend: MobileBackend): Promise<string> {
  await backend.institution(HOOLI, { status: "major-outage", outage: "refuse" });
  const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
  await untilQueued(backend, jobId);
  return jobId;
}

const QUEUEING: readonly PermissionJourney[] = [
  journey("a job waits for its bank, and is resumed when the bank is back", async (system, backend) => {
    const jobId = await queuedJob(system, backend);
    await backend.institution(HOOLI, { status: "operational" });
    expect((await resume(backend, jobId)).status).toBe(202);
    await system.execution(jobId, 2).ended();
    expect(statuses((await backend.job(jobId)).steps)).toContain("retrieve-transactions: success");
    return [jobId];
  }),
  journey("a job that waits for its bank is cancelled", async (system, backend) => {
    const jobId = await queuedJob(system, backend);
    expect((await cancel(backend, jobId)).status).toBe(202);
    await backend.institution(HOOLI, { status: "operational" });
    const { steps } = await backend.job(jobId);
    expect(stepOf(steps, "verify-credentials")?.result).toMatchObject({ code: "job-cancelled" });
    return [jobId];
  }),
  journey("a user lists the jobs, and cancels the job that waits for an answer", async (system, backend) => {
    const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
    await system.asked(backend, jobId);
    expect(page(await list(backend)).data.map(({ id }) => id)).toEqual([jobId]);
    expect((await cancel(backend, jobId)).status).toBe(202);
    const { run, steps } = await system.over(backend, jobId);
    expect(run.status).toBe("Aborted");
    expect(stepOf(steps, "mfa-challenge")?.result).toMatchObject({ code: "job-cancelled" });
    return [jobId];
  }),
];

/** Journeys in which every function makes every call that it may make, in success and in failure. */
const EVENTS: readonly PermissionJourney[] = [
  {
    title: "a backend reads the events of all users and of one",
    async walk(system) {
      const backend = system.newBackend();
      const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
      await system.over(backend, jobId);
      const [first] = await eventsUntil(backend, "succeeded");
      expect((await listEvents(backend, { limit: "1" })).status).toBe(200);
      expect((await backend.call("GET", `/events/${first?.id}`)).status).toBe(200);
      return [jobId];
    },
  },
  {
    title:
      "a backend reads the health of a bank, after an attempt that was counted although the reply to the count was lost",
    async walk(system) {
      const backend = system.newBackend();
      const counts = rowCall("events/store-events", "UpdateItem", "pk", `institution-traffic#${HOOLI}`);
      system.recorder.loseReply(counts);
      const jobId = await system.startJob(backend, HOOLI, LOGINS.gavin);
      await system.over(backend, jobId);
      const isRead = rowCall("events/store-events", "GetItem", "pk", `institution-traffic#${HOOLI}`);
      await expect.poll(() => system.recorder.calls.some(isRead)).toBe(true);
      expect((await backend.call("GET", `/institutions/${HOOLI}/health`)).status).toBe(200);
      return [jobId];
    },
  },
  {
    title: "a change of a job cannot be read",
    async walk() {
      const key = { pk: `job#${randomUUID()}` };
      await addRow("JOBS_TABLE", { ...key, phase: "accepted" });
      await change("JOBS_TABLE", key, "phase", "unheard of");
      const isSetAside = async () =>
        (await rowsOfAll()).some((row) => JSON.stringify(row).includes("set-aside#"));
      await expect.poll(isSetAside).toBe(true);
      return [];
    },
  },
];

export const PERMISSION_JOURNEYS: readonly PermissionJourney[] = [
  ...ANSWERING,
  ...REQUESTING,
  ...VERIFYING,
  ...QUEUEING,
  ...EVENTS,
];
