import { isFinished, type Job } from "../../../functions/jobs/domain/job.ts";
import type { Request } from "../races/crash-world.ts";
import { create, refresh, update } from "../races/job-stories.ts";
import {
  type Call,
  CONNECTION,
  type Fault,
  type JobReply,
  type Meeting,
  type Upstream,
} from "./fake-aggregator.ts";
import * as lives from "./lives.ts";

const { asks, at, FIVE, failed, goesOn, goesOnBy, MFA, PLAIN, question, queued, shows, steady } = lives;

/** What the aggregator does, what its client asks us for, and how that ends. */
export interface Script extends Omit<Upstream, "lives"> {
  /** One create, unless something else is said. */
  by?: () => Request[];
  lives?: Upstream["lives"];
  /** What the user answers to each challenge, and after how many seconds. */
  says?: readonly (readonly string[])[];
  thinks?: number;
  /** `succeeded`, or the code of the failed step, of each of our jobs. */
  ends?: string | readonly string[];
  /** The `detail` of the step that failed. */
  words?: string;
  /** How many logins and refreshes the aggregator took: one, unless something else is said. */
  logins?: number;
  /** At most how often a login or a refresh was posted. */
  posts?: number;
  /** How many challenges the user saw: as many as it answers, unless something else is said. */
  asked?: number;
  /** How many answers it took: all, unless something else is said. */
  answers?: number;
  /** The longest that the first job may take. */
  seconds?: number;
}

type Table = { [name: string]: Script };

/** The scripts of a table, with what they have in common. */
function all(table: Table, common: Script = {}): Table {
  return Object.fromEntries(Object.entries(table).map(([name, script]) => [name, { ...common, ...script }]));
}

interface When {
  after?: number;
  times?: number;
  until?: number;
}

function meets(call: Call, fault: Fault, when: When = {}): Meeting {
  return { call, fault, after: 0, times: 1, until: Number.POSITIVE_INFINITY, ...when };
}

const error = (status: number, code: string) => ({ status, code });

const HOUR = 3600;
const once = { says: [["1234"]] };
const refreshed = { by: () => [refresh(CONNECTION)] };
const updated = { by: () => [update(CONNECTION)] };
/** The second create is made when the first one's job is finished. */
const twice = {
  by: () => [create(), { ...create(), when: (rows: readonly Job[]) => rows.every(isFinished) }],
  ends: ["succeeded", "succeeded"],
  logins: 2,
};
const outage = [shows([0, failed(PLAIN, 0, "institution-not-available")])];
const asked = [question(), goesOn];
const wrong = "invalid-credentials";
const gone = "resource-not-found";
const acts = "user-action-required";

/** One job, of which nothing is asked. */
const job = (...timeline: lives.Timeline) => ({ lives: [[timeline]] });

/** One job that asks, and what it shows after the answer. */
const answered = (...timeline: lives.Timeline) => ({ lives: [[question(), timeline]] });

const refusal = [shows([0, at(PLAIN, 0)], [3, failed(PLAIN, 0, wrong)])];
const lost = { meetings: [meets("create", "lost")], seconds: 20, posts: 1 };

const LOGINS = all({
  "a plain job": { seconds: 10 },
  "an update": { ...updated, seconds: 10 },
  "a refresh": { ...refreshed, seconds: 10 },
  "two jobs with the same connection": { ...twice, givesConnectionsAgain: true },
  "five steps": { lives: [[steady(FIVE)]] },
  "five steps with a question": {
    ...once,
    lives: [[question(asks(["Code"], {}, FIVE)), steady(FIVE, 1, 1)]],
  },
  "a login that is refused at once": {
    meetings: [meets("create", error(400, wrong))],
    ends: wrong,
    logins: 0,
  },
  "a job of ten minutes": { lives: [[steady(PLAIN, 200)]] },
  "a job that never ends": { ...job([0, at(PLAIN, 1)]), ends: "job-timed-out", seconds: 920 },
  "a later step that fails": { ...job([2, failed(PLAIN, 1, "unknown-error")]), ends: "unknown-error" },
  "a job that is not found for 20 s": { ...job([0, "unknown"], ...steady(PLAIN, 2, 0, 20)), seconds: 30 },
  "a job that is not found in the middle": job([0, at(PLAIN, 1)], [5, "unknown"], ...steady(PLAIN, 2, 1, 45)),
  "a job that is not found for 40 s twice": job(
    ...shows([0, at(PLAIN, 1)], [5, "unknown"], [45, at(PLAIN, 1)], [55, "unknown"]),
    ...steady(PLAIN, 2, 1, 95),
  ),
  "a job that vanishes": { ...job([0, at(PLAIN, 1)], [5, "unknown"]), ends: gone, seconds: 90 },
  "a job that was never there": { ...job([0, "unknown"]), ends: gone, seconds: 90 },
  "a create in version 3.0": { version: "3.0", ends: "service-unavailable", logins: 0 },
});

const LOST = all({
  "a login whose reply is lost": lost,
  "an update whose reply is lost": { ...updated, meetings: [meets("update", "lost")], seconds: 20 },
  "a refresh whose reply is lost": { ...refreshed, meetings: [meets("refresh", "lost")], seconds: 20 },
  "a login whose replies are all lost": { meetings: [meets("create", "lost", { times: 9 })], seconds: 20 },
  "a login that arrives 20 s late": { meetings: [meets("create", 20)], seconds: 50 },
  "a login that arrives 50 s late": { meetings: [meets("create", 50)], seconds: 80 },
  "a lost reply of a job of five steps": { ...lost, lives: [[steady(FIVE)]] },
  "a lost reply beside an earlier job": { ...lost, others: [{ age: 300, life: lives.plainLife }] },
  "a lost reply beside an earlier job of the same connection": {
    ...lost,
    others: [{ age: 300, life: lives.plainLife }],
    givesConnectionsAgain: true,
  },
  "a login that did not arrive, beside statements": {
    meetings: [meets("create", "cut")],
    others: [
      { age: 0, life: [steady(["retrieve-statements"], 900)], isStatement: true },
      { age: -2, life: [shows([0, failed(PLAIN, 0, "bank-statement-invalid")])], isStatement: true },
    ],
  },
  "200 with our own job after a lost reply": {
    lives: [[steady(PLAIN, 60)]],
    meetings: [
      meets("create", "lost"),
      meets("list", { status: 200, body: { type: "list", data: [] } }, { times: 99, until: 65 }),
    ],
  },
});

/** Another job of the bank, which began before ours and still runs: the aggregator names it with 200. */
const other = (...life: lives.Timeline) => ({
  others: [{ age: 90, life: [life], connectionId: CONNECTION }],
});
const otherSucceeds = other([0, at(PLAIN, 1)], [120, at(PLAIN, 3)]);
const otherFails = other([0, at(PLAIN, 0)], [120, failed(PLAIN, 0, wrong)]);
const named = (status: number) => [meets("create", { status, names: 0 }, { after: 1 })];

const NAMED = all({
  "another job that succeeds": { ...otherSucceeds, seconds: 50 },
  "another job that fails": { ...otherFails, seconds: 50 },
  "another job that vanishes": {
    ...other([0, at(PLAIN, 1)], [100, "unknown"], [101, at(PLAIN, 3)]),
    seconds: 90,
  },
  "another job in upstream's queue": {
    ...other([0, queued()], ...steady(PLAIN, 2, 0, HOUR)),
    seconds: 2.1 * HOUR,
  },
  "another job of two hours": { ...other([0, at(PLAIN, 1)], [2 * HOUR, at(PLAIN, 3)]), seconds: 2.4 * HOUR },
  "another job, for an update": { ...updated, ...otherFails, seconds: 50 },
  "another job, for a refresh": { ...refreshed, ...otherSucceeds, logins: 0, seconds: 40 },
  "another job that fails, for a refresh": { ...refreshed, ...otherFails, logins: 0, ends: wrong },
  "our earlier job, with 200": { ...twice, meetings: named(200) },
  "our earlier job, with 202": { ...twice, meetings: named(202) },
  "our earlier job, with 202 for three hours": {
    ...twice,
    meetings: [meets("create", { status: 202, names: 0 }, { after: 1, times: 1_000, until: 3 * HOUR })],
    posts: 36,
  },
});

const gaveUp = "temporary-unavailable";
const QUEUES = all({
  "upstream's queue": { ...job([0, queued()], ...steady(PLAIN, 2, 0, 3 * HOUR)), seconds: 5 * HOUR },
  "upstream's queue without an end": { ...job([0, queued()]), ends: gaveUp },
  "upstream's queue that gives up": {
    ...job([0, queued()], [HOUR, failed(PLAIN, 0, "temporary-unavailable")]),
    ends: gaveUp,
  },
  "upstream's queue, and then a question": {
    ...once,
    lives: [[shows([0, queued(MFA)], [HOUR, asks()]), goesOn]],
  },
  "a bank that is down for three hours": { downFor: 3 * HOUR, seconds: 5 * HOUR },
  "a bank that is down for a week": { downFor: 200 * HOUR, ends: gaveUp, logins: 0 },
  "a bank that stumbles": {
    meetings: [meets("create", error(503, "service-unavailable"), { times: 3 })],
    seconds: 60,
  },
  "an outage that fails the first login": { lives: [outage, lives.plainLife], logins: 2 },
  "an outage that fails a refresh": { ...refreshed, lives: [outage], ends: "institution-not-available" },
});

const fails = failed(MFA, 1, acts);
const silent = { says: [], asked: 1 };
const CHALLENGES = all(
  {
    "a token": { seconds: 15 },
    "security questions": { lives: [[question(lives.questions()), goesOn]], says: [["Rex", "Mini"]] },
    "in a refresh": refreshed,
    "in an update": updated,
    "at a bank that seldom asks": { institution: { authorization: "user-mfa-intermittent" } },
    "at a bank that never asks": { institution: {} },
    "none at a bank that always asks": { ...silent, asked: 0, lives: [lives.plainLife] },
    "two questions": {
      lives: [[question(), shows([0, at(MFA, 1)], [2, lives.questions()]), goesOn]],
      says: [["1234"], ["Rex", "Mini"]],
    },
    "the same question again after 20 s": {
      lives: [[question(), shows([0, at(MFA, 1)], [20, asks()]), goesOn]],
      says: [["1234"], ["5678"]],
    },
    "one that lingers for 3 s": {
      ...answered([0, asks()], [1, asks()], [2, asks()], ...steady(MFA, 2, 2, 3)),
      seconds: 20,
    },
    "one that lingers after a late answer": { ...answered([0, asks()], ...steady(MFA, 2, 2, 3)), thinks: 50 },
    "an answer that is refused at once": {
      meetings: [meets("answer", error(400, wrong))],
      answers: 0,
      ends: wrong,
    },
    "an answer that fails the job": { ...answered([2, failed(MFA, 1, wrong)]), ends: wrong },
    "one that nobody answers": { ...silent, ends: "mfa-expired", seconds: 130 },
    "one of an hour that nobody answers": {
      ...silent,
      lives: [[question(asks(["Code"], { expiryMs: HOUR * 1000 }))]],
      ends: "mfa-expired",
      seconds: 910,
    },
    "a bank that goes on by itself": { ...silent, lives: [goesOnBy(30, ...steady(MFA, 2, 2))], seconds: 110 },
    "a bank that goes on just in time": {
      ...silent,
      lives: [goesOnBy(119, ...steady(MFA, 2, 2))],
      seconds: 140,
    },
    "a bank that fails by itself": { ...silent, lives: [goesOnBy(30, [0, fails])], ends: acts, seconds: 110 },
    "a bank that goes on before the answer": {
      lives: [goesOnBy(10, ...steady(MFA, 2, 2))],
      thinks: 20,
      answers: 0,
    },
    "a bank that fails before the answer": {
      lives: [goesOnBy(10, [0, fails])],
      thinks: 20,
      answers: 0,
      ends: acts,
    },
    "a bank that asks something else before the answer": {
      lives: [goesOnBy(10, [0, lives.questions()])],
      says: [["1234"], ["Rex", "Mini"]],
      thinks: 20,
      answers: 1,
    },
    "answers for a server's token": { answerScope: "SERVER_ACCESS" },
    "answers for a server's token, and no others": {
      answerScope: "SERVER_ACCESS",
      meetings: [meets("token", error(400, "parameter-not-valid"), { after: 1, times: 9 })],
    },
    "an answer that arrives 20 s late": { meetings: [meets("answer", 20)] },
    "a job that is not found after the answer": answered([0, "unknown"], ...steady(MFA, 2, 2, 20)),
    "a job that vanishes after the answer": { ...answered([0, "unknown"]), ends: gone },
  },
  { ...once, lives: [asked], institution: { authorization: "user-mfa" } },
);

const connector = (authorization: unknown) =>
  ({ ...refreshed, version: "3.0", institution: { authorization } }) as const;
const BANKS = all({
  "an institution without an authorization": { institution: { authorization: null } },
  "an institution of a status that nobody published": { institution: { status: "wobbly" } },
  "an institution that is not known any more": {
    ...refreshed,
    meetings: [meets("institution", error(404, "resource-not-found"))],
  },
  "a connector": connector({ type: "user", meta: { login_id_caption: "Login" } }),
  "a connector without captions": connector({ type: "user", meta: null }),
  "a connector without an authorization": connector(undefined),
  "a connector that asks": { ...connector({ type: "user-mfa" }), ...once, lives: [asked] },
});

const eachStep = (change: (step: lives.ShownStep) => unknown) => (reply: JobReply) => ({
  ...reply,
  steps: reply.steps.map(change),
});
const eachResult = (change: (result: { [field: string]: unknown }) => unknown) =>
  eachStep((step) => ({ ...step, result: step.result && change(step.result) }));
const isRunning = ({ status }: lives.ShownStep) => status === "pending" || status === "in-progress";
const relative = (url?: string) => url?.replace(/^https:..[^/]+/, "");
const absolute = (url: unknown) => typeof url === "string" && { url: `https://upstream.example${url}` };

const SHAPES: { [name: string]: NonNullable<Upstream["shape"]> } = {
  "relative links": (reply) => ({ ...reply, links: { source: relative(reply.links?.source) } }),
  "absolute links": eachResult(({ url, ...result }) => ({ ...result, ...absolute(url) })),
  "results as lists": eachResult((result) => [result]),
  "empty lists for no result": eachStep((step) => ({ ...step, result: step.result ?? [] })),
  "`details` for `detail`": eachResult(({ detail, ...result }) => ({ ...result, details: detail })),
  "`details` that are an object": eachResult((result) => ({ ...result, details: { reason: [1] } })),
  "unknown statuses": eachStep((step) => ({ ...step, ...(isRunning(step) && { status: "processing" }) })),
  "a step without a title": (reply) => ({ ...reply, steps: [...reply.steps, { status: "success" }] }),
  "`expiryMs` as text": eachResult((result) => ({ ...result, expiryMs: "120000" })),
  "texts of other types": eachResult((result) => ({ ...result, title: 7, method: null, description: ["A"] })),
  "no results of good steps": eachStep((step) => ({
    ...step,
    ...(step.status === "success" && { result: null }),
  })),
  "`links` that are null": (reply) => ({ ...reply, links: null }),
  "fields of 3.0": (reply) => ({ ...reply, jobType: "connection", partnerId: "p", status: "x" }),
  "times with fractions": ({ created, updated, ...reply }) => ({
    ...reply,
    created: String(created).replace("Z", ".123+00:00"),
    updated: String(updated).replace("Z", ".456+00:00"),
  }),
};

function inEveryShape(table: Table): Table {
  const shaped = (shape: NonNullable<Upstream["shape"]>) => Object.values(all(table, { shape }));
  const names = Object.keys(table);
  return Object.fromEntries(
    Object.entries(SHAPES).flatMap(([name, shape]) =>
      shaped(shape).map((script, index) => [`${names[index]}, with ${name}`, script]),
    ),
  );
}

const SHAPED = inEveryShape({
  "a job that succeeds": { seconds: 10 },
  "a login that the bank refuses": { lives: [refusal], ends: wrong, words: "In the bank's words" },
  "a question": { ...once, lives: [asked], seconds: 15 },
  "a lost reply beside an earlier job": { ...lost, others: [{ age: 300, life: lives.plainLife }] },
});

/** The script in which a call is made. */
const CALLS: [Call, Script][] = [
  ["token", {}],
  ["institution", {}],
  ["connection", refreshed],
  ["create", {}],
  ["update", updated],
  ["refresh", refreshed],
  ["look", {}],
  ["list", { meetings: [meets("create", "lost")] }],
  ["answer", { ...once, lives: [asked] }],
];

const busy = (seconds: number) => ({ ...error(429, "too-many-requests"), retryAfter: String(seconds) });

const FAULTS: [string, Fault, { times?: number; seconds?: number }][] = [
  ["429 three times", error(429, "too-many-requests"), { times: 3, seconds: 100 }],
  ["429 with Retry-After: 1", busy(1), { seconds: 100 }],
  ["429 with Retry-After: 30", busy(30), { seconds: 130 }],
  ["429 with Retry-After: 200", busy(200), { seconds: 300 }],
  ["a revoked token", error(401, "invalid-authorization-token"), {}],
  ["500 twice", error(500, "internal-server-error"), { times: 2 }],
  ["a gateway's 502", { status: 502, body: "<html>Bad Gateway" }, {}],
  ["half a reply", { status: 200, body: '{"type":"job","id":' }, {}],
  ["a reply of another kind", { status: 200, body: [1, null] }, {}],
  ["a cut connection", "cut", {}],
  ["a lost reply", "lost", {}],
];

const MET = Object.fromEntries(
  FAULTS.flatMap(([what, fault, { times = 1, ...more }]) =>
    CALLS.map(([call, script]): [string, Script] => {
      const meetings = [...(script.meetings ?? []), meets(call, fault, { times })];
      return [`${call} meets ${what}`, { ...script, ...more, meetings }];
    }),
  ),
);

/** An attempt lasts four minutes, without the pauses that the aggregator asks for. */
const LONG_PAUSE = Object.fromEntries(
  (["create", "refresh"] as const).map((call): [string, Script] => [
    `${call} meets 429 with Retry-After: 900`,
    {
      ...(call === "refresh" && refreshed),
      meetings: [meets(call, busy(900))],
      seconds: 1_000,
    },
  ]),
);

export const TABLES = {
  Logins: LOGINS,
  "Lost replies": LOST,
  "The aggregator names": NAMED,
  Queues: QUEUES,
  Challenges: CHALLENGES,
  Banks: BANKS,
  Shapes: SHAPED,
  Faults: { ...MET, ...LONG_PAUSE },
};
