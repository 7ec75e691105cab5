import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { AVIATO, HOOLI, HOOLI_GOV, LOGINS, RAVIGA } from "../../journeys/logins.ts";
import { FRESH_CONNECTION } from "../../support/fresh-connection.ts";
import { Elsewhere } from "../adopt/elsewhere.ts";
import { filledIn, Person } from "../support/person.ts";
import type { Act, Scenario, Scenarios } from "./matrix.ts";
import type { Crash } from "./mortal-system.ts";
import {
  answer,
  connect,
  create,
  createAsked,
  createPlain,
  type Deed,
  followChanges,
  isOver,
  isQueued,
  type PatientClient,
  refresh,
  type UpstreamSide,
  untilAsked,
  untilOver,
  update,
} from "./patient-client.ts";

const PLAIN = ["verify-credentials success", "retrieve-accounts success", "retrieve-transactions success"];
const ASKED = ["verify-credentials success", "mfa-challenge success", ...PLAIN.slice(1)];
const PENDING = ["retrieve-accounts pending", "retrieve-transactions pending"];
const LOGIN_FAILED = ["verify-credentials failed", ...PENDING];
const CHALLENGE_FAILED = ["verify-credentials success", "mfa-challenge failed", ...PENDING];

/** One act, in which a user does one thing after the other. */
function inOneAct(...deeds: Deed[]): Scenario["acts"] {
  const play = async (client: PatientClient) => {
    for (const deed of deeds) await deed(client);
  };
  return [{ play }];
}

const isOf = (entry: string) => (effect: string) => effect.startsWith(`${entry} `);
const cancel: Deed = (client) => client.send("DELETE", `/jobs/${client.newest()}`);

/** Requests for a job, and everything that follows. */
export const ACCEPTING: Scenarios = {
  "a create": { acts: inOneAct(createPlain, untilOver), ends: PLAIN },
  "a create that the bank refuses": {
    acts: inOneAct((client) => create(client, HOOLI, LOGINS.bighead), untilOver),
    ends: LOGIN_FAILED,
  },
  "a create with a key": {
    acts: inOneAct((client) => {
      const login = { ...LOGINS.gavin, institution: { id: HOOLI } };
      return client.begin("", login, { "idempotency-key": randomUUID() });
    }, untilOver),
    ends: PLAIN,
    aims: isOf("create-connection"),
  },
  "a refresh": { prepare: connect, acts: inOneAct(refresh, untilOver), ends: PLAIN },
  "a refresh of two connections": {
    async prepare(client) {
      await connect(client);
      await connect(client, HOOLI_GOV);
    },
    acts: inOneAct((client) => client.refreshAll(), untilOver),
    ends: PLAIN,
    aims: isOf("refresh-connections"),
  },
  "an update": { prepare: connect, acts: inOneAct(update, untilOver), ends: PLAIN },
};

/** Jobs whose bank asks. An answer that a crash delays must still be in time for its challenge. */
export const CHALLENGED: Scenarios = {
  "a create with a challenge": { acts: inOneAct(createAsked, answer, untilOver), ends: ASKED },
  "a job that is cancelled at its challenge": {
    acts: inOneAct(createAsked, untilAsked, cancel, untilOver),
    ends: CHALLENGE_FAILED,
    aims: isOf("cancel-job"),
  },
};

/** The first waits of a client that waits for every change of its job. */
export const WAITING: Scenarios = {
  "a client that waits for the changes of a job": {
    acts: inOneAct(createPlain, followChanges),
    ends: PLAIN,
    aims: (effect, earlier) =>
      effect.startsWith("job-changes ") && earlier.filter(isOf("job-changes")).length < 4,
  },
};

/** The events of a job that succeeds, and of one that asks and is cancelled. */
export const EVENTS: Scenarios = {
  "the events of a create": {
    acts: inOneAct(createPlain, untilOver),
    ends: PLAIN,
    aims: isOf("store-events"),
  },
  "the events of a job that is cancelled": {
    acts: inOneAct(createAsked, untilAsked, cancel, untilOver),
    ends: CHALLENGE_FAILED,
    aims: isOf("store-events"),
  },
};

const isOfMessages = (effect: string) =>
  effect.startsWith("deliver-webhooks ") || /^store-events .*(message|order|invocation)/.test(effect);

/** The messages about jobs, to a receiver that keeps the order of a job. */
export const MESSAGES: Scenarios = {
  "the messages about a create": {
    acts: inOneAct(createPlain, untilOver),
    ends: PLAIN,
    aims: isOfMessages,
    endsQuietly: true,
  },
  "the messages about a job that is cancelled": {
    acts: inOneAct(createAsked, untilAsked, cancel, untilOver),
    ends: CHALLENGE_FAILED,
    aims: isOfMessages,
    endsQuietly: true,
  },
};

/** The function that made the messages died before it woke the one that sends them: the sweep of deliveries sends them. */
export const SWEPT_MESSAGES: Scenarios = {
  "the messages that only a sweep sends": {
    first: { effect: "store-events invocation", nth: 1, when: "before" },
    acts: inOneAct(createPlain, untilOver),
    ends: PLAIN,
    aims: isOf("sweep-deliveries"),
    endsQuietly: true,
  },
};

/** Makes a link for the user, and gives its address. */
async function makeLink(client: PatientClient): Promise<string> {
  const { json } = await client.send("POST", `/users/${client.userId}/auth_link`, { mobile: "+61410888666" });
  return madeLink.parse(json).links.public;
}

const madeLink = z.object({ links: z.object({ public: z.url() }) });

/** The newest link works, and no other. */
const replaceLink: Deed = async (client) => {
  const links = [await makeLink(client), await makeLink(client)];
  const statuses = await Promise.all(links.map(statusOf));
  if (statuses.join() !== "410,200") throw new Error(`The links were answered with ${statuses.join()}.`);
};

async function statusOf(page: string): Promise<number> {
  return (await fetch(page, { headers: FRESH_CONNECTION })).status;
}

const endLink: Deed = async (client) => {
  const link = await makeLink(client);
  const path = `/users/${client.userId}/auth_link`;
  await client.send("DELETE", path);
  const statuses = [(await client.send("GET", path)).status, await statusOf(link)];
  if (statuses.join() !== "404,410") throw new Error(`An ended link was answered with ${statuses.join()}.`);
};

/** A person opens the link, presses its button and types a login into our page. Sends again what was answered with a 5xx. */
const connectOnPage: Deed = async (client) => {
  const person = new Person(client.target.apiUrl, { headers: FRESH_CONNECTION });
  const link = await makeLink(client);
  await person.open(link);
  await untilTaken(() => person.post(link, new URLSearchParams()));
  await person.open(`/connect/login?institutionId=${HOOLI_GOV}`);
  const [form] = person.page.forms.filter(({ method }) => method === "post");
  if (form === undefined) throw new Error(`The page has no form: ${person.page.text}`);
  const typed = { Login: LOGINS.gavin.loginId, Password: LOGINS.gavin.password };
  const { headers } = await untilTaken(() => person.post(form.action, filledIn(form, typed)));
  client.acknowledged.add(headers.get("location")?.split("/").at(-1) ?? "");
};

async function untilTaken(post: () => Promise<Response>): Promise<Response> {
  for (let tries = 1; ; tries++) {
    const reply = await post();
    if (reply.status === 303) return reply;
    if (reply.status < 500 || tries === MOST_POSTS)
      throw new Error(`A form was answered with ${reply.status}.`);
    await sleep(50);
  }
}

const MOST_POSTS = 200;

/** Links for persons, and what a person does with one. The aggregator knows the user from the first connection on. */
export const LINKS: Scenarios = {
  "a link that another one replaces": {
    prepare: connect,
    acts: inOneAct(replaceLink, refresh, untilOver),
    ends: PLAIN,
    aims: isOf("auth-links"),
  },
  "a link that is ended": {
    prepare: connect,
    acts: inOneAct(endLink, refresh, untilOver),
    ends: PLAIN,
    aims: isOf("auth-links"),
  },
  "a person who connects a bank on our page": {
    prepare: connect,
    acts: inOneAct(connectOnPage, untilOver),
    ends: PLAIN,
    aims: (effect) => /^(open-link|connect-page) /.test(effect),
  },
};

const LOGIN = { ...LOGINS.gavin, securityCode: "1", secondaryLoginId: "2" };

type Outage = "refuse" | "fail" | "queue";

/** The bank goes down, and its jobs are queued. Each scenario has a bank of its own. */
function queuedAt(id: string, outage: Outage): Act {
  return {
    before: (upstream) => upstream.institution(id, { status: "major-outage", outage }),
    async play(client) {
      const jobId = await create(client, id, LOGIN);
      await client.until(jobId, (steps) => isQueued(steps) || isOver(steps));
    },
  };
}

function backUp(id: string, ...deeds: Deed[]): Act[] {
  const before = (upstream: UpstreamSide) => upstream.institution(id, { status: "operational" });
  return inOneAct(...deeds).map((act) => ({ ...act, before }));
}

const resume: Deed = (client) => client.send("POST", `/jobs/${client.newest()}/resume`);

/** Jobs in the queue that a user or the sweeper changes. */
export const CHANGED_IN_QUEUE: Scenarios = {
  "a job that is resumed": {
    acts: [
      queuedAt(AVIATO, "fail"),
      ...backUp(AVIATO, resume, (client) => answer(client, ["confirmed"]), untilOver),
    ],
    ends: ASKED,
    aims: (effect, earlier) =>
      [...earlier, effect].includes("resume-job PutItem job accepted") &&
      !/^(sweep|look-at-banks) /.test(effect),
  },
  "a job that is cancelled in the queue": {
    acts: [queuedAt(HOOLI_GOV, "refuse"), ...inOneAct(cancel, untilOver)],
    ends: LOGIN_FAILED,
    aims: isOf("cancel-job"),
  },
  // No execution drives a parked job: only the sweeper can clean up.
  "the sweeper that cleans up after a job": {
    first: { effect: "cancel-job DeleteItem secret login", nth: 1, when: "before" },
    acts: [
      queuedAt(HOOLI, "refuse"),
      ...inOneAct((client) => client.once("DELETE", `/jobs/${client.newest()}`), untilOver),
    ],
    ends: LOGIN_FAILED,
    aims: isOf("sweep"),
  },
};

/** A queued job that is retried when it is due. `waitMs`: until the attempts are made. */
function retriedAt(id: string, outage: Outage, waitMs: number): Scenario {
  const comeBack = async (upstream: UpstreamSide) => {
    await upstream.institution(id, { status: "operational" });
    await sleep(waitMs);
  };
  return {
    acts: [queuedAt(id, outage), { before: comeBack, play: untilOver }],
    ends: PLAIN,
    // A pause of the machine of less than a second is longer than an attempt may take here.
    mayEnd: LOGIN_FAILED,
    isRefused: outage === "refuse",
    // A look at the bank wakes the job, or the sweeper does if upstream has a queue of its own: it writes the row, and starts an execution. How
    // often the sweeper asks upstream before, or writes that upstream still queues the job, depends on the time. The later steps are
    // those of any job.
    aims: (effect) =>
      (effect.startsWith("task ") && !effect.includes("retrieve-")) ||
      effect === `${outage === "queue" ? "sweep" : "look-at-banks"} StartExecution` ||
      effect === "look-at-banks PutItem job queued",
  };
}

/** By how upstream says that a bank is down. */
export const retried = (waitMs: number): Scenarios => ({
  "a create whose login is refused because of an outage": retriedAt(HOOLI, "refuse", waitMs),
  "a create whose login is accepted and fails because of an outage": retriedAt(HOOLI_GOV, "fail", waitMs),
  "a create that upstream itself queues": retriedAt(RAVIGA, "queue", waitMs),
});

/** Sends one request, gets a 5xx, and does not repeat it. */
const createAndLeave: Deed = (client) => {
  const login = { ...LOGINS.gavin, institution: { id: HOOLI } };
  return client.once("POST", `/users/${client.userId}/connections`, login);
};
const learn: Deed = (client) => client.learn();

async function answerAndLeave(client: PatientClient): Promise<void> {
  await untilAsked(client);
  await client.once("POST", `/jobs/${client.newest()}/mfa`, { "mfa-response": ["1234"] });
}

function leftBy(effect: string, ...deeds: Deed[]): Scenario {
  const first: Crash = { effect, nth: 1, when: "before" };
  return { first, acts: inOneAct(...deeds, untilOver), ends: PLAIN, aims: isOf("sweep") };
}

/** Jobs that a crash has left and only the sweeper continues: it dies too. */
export const SWEEPING: Scenarios = {
  "the sweeper that starts a job": leftBy("create-connection StartExecution", createAndLeave, learn),
  "the sweeper that claims for a job": leftBy("create-connection PutItem claim", createAndLeave, learn),
  "the sweeper that removes a job that another job replaced": leftBy(
    "create-connection PutItem claim",
    createPlain,
  ),
};

/** No reply accepted these answers: they may come too late for the bank. */
function answerLeftBy(effect: string): Scenario {
  const left = leftBy(effect, createAsked, answerAndLeave);
  return { ...left, ends: ASKED, mayEnd: CHALLENGE_FAILED, isOneByOne: true };
}

export const DELIVERING: Scenarios = {
  "the sweeper that takes an answer": answerLeftBy("answer-mfa PutItem job answered"),
  "the sweeper that delivers an answer": answerLeftBy("answer-mfa SendTaskSuccess"),
};

/** The user connects a bank at the aggregator, without us. */
async function beginElsewhere(client: PatientClient): Promise<void> {
  await new Elsewhere(client).connect(HOOLI, LOGINS.gavin);
}

const adopt: Deed = async (client) => client.adopt(await new Elsewhere(client).jobs());

const adoptAndLeave: Deed = async (client) => {
  const jobIds = await new Elsewhere(client).jobs();
  return client.once("POST", `/users/${client.userId}/jobs`, { jobIds });
};

/** Jobs that began elsewhere, and become ours. */
export const ADOPTING: Scenarios = {
  "the adoption of a job": {
    prepare: beginElsewhere,
    acts: inOneAct(adopt, untilOver),
    ends: PLAIN,
    aims: isOf("adopt-jobs"),
  },
  "the sweeper that starts an adopted job": {
    prepare: beginElsewhere,
    ...leftBy("adopt-jobs StartExecution", adoptAndLeave, learn),
  },
};
