import { HOOLI, HOOLI_GOV, NUCLEUS, PIED_PIPER } from "../../journeys/logins.ts";
import type { AwsCall, AwsRecorder } from "../support/aws-recorder.ts";
import { executionOf } from "../support/execution-of.ts";
import { WAIT } from "../walks/definition.ts";
import type { CanaryWorld, Reply } from "./canary-world.ts";
import { ECHOES, JOB_ECHOES } from "./echoing-upstream.ts";
import { CODE, fails, type Journey } from "./journeys.ts";
import type { Sink } from "./scanner.ts";
import { storedSinks } from "./sinks.ts";
import { idOf, type Visitor } from "./visitor.ts";

const CALLS_OF_THE_BANK = [
  { method: "POST", path: "/users/*/connections" },
  { method: "GET", path: "/jobs/*" },
  { method: "POST", path: "/jobs/*/mfa" },
  { method: "GET", path: "/institutions/*" },
  { method: "GET", path: "/users/*/jobs" },
];
const TIMES = 2;
const WAYS = [
  { status: 503, retryAfter: "1" },
  { status: 401 },
  { status: 500, body: "<html>Internal error</html>" },
  { delayMs: 300 },
  { reset: "before" },
  { reset: "after" },
  { body: "<html>Well</html>" },
];

/** The failures of the sandbox, in this order. */
export const TROUBLE_OF_THE_BANK: readonly object[] = WAYS.flatMap((way) =>
  CALLS_OF_THE_BANK.map((call) => ({ ...call, times: TIMES, do: way })),
);

/** How often each call has failed once all failures have happened. A late reply is no failure. */
export const CALLS_IN_TROUBLE = CALLS_OF_THE_BANK.map(({ method, path }): [call: string, times: number] => [
  `${method} ${path}`,
  TIMES * WAYS.filter(({ delayMs }) => delayMs === undefined).length,
]);

const CALLS_OF_AWS = [
  ...["GetItem", "PutItem", "UpdateItem", "DeleteItem"].map((name) => ["dynamodb", name]),
  ...["Encrypt", "Decrypt"].map((name) => ["kms", name]),
  ...["StartExecution", "SendTaskSuccess"].map((name) => ["states", name]),
];

/** The number of tries of the SDK. */
const TRIES = 3;

/** How many calls of AWS fail in all: an invalid one, as many as the SDK tries, and one whose reply is lost. */
export const TROUBLED_CALLS_OF_AWS = CALLS_OF_AWS.length * (TRIES + 2);

/** Makes the next calls of a kind fail. Errors of AWS quote the request. */
export const TROUBLE_OF_AWS = CALLS_OF_AWS.flatMap(([service, operation]) => {
  const isOne = (call: AwsCall) => call.service === service && call.operation === operation;
  const quoting = ({ request }: AwsCall) => `1 validation error detected: ${JSON.stringify(request)}`;
  return [
    (recorder: AwsRecorder) => recorder.fail(isOne, "ValidationException", 400, quoting),
    (recorder: AwsRecorder) => {
      for (let tries = 0; tries < TRIES; tries++) recorder.fail(isOne, "InternalServerError", 500, quoting);
    },
    (recorder: AwsRecorder) => recorder.loseReply(isOne),
  ];
});

const MAX_TRIES = 3;

async function insisted(call: () => Promise<Reply>): Promise<Reply> {
  let reply = await call();
  for (let tries = 1; tries < MAX_TRIES && reply.status >= 500; tries++) reply = await call();
  return reply;
}

/** A job with an answer, in which anything may fail, so that it may end in any way. */
export const anyhow: Journey = async (visitor) => {
  const headers = { "idempotency-key": visitor.world.register.header("Idempotency-Key in trouble") };
  const login = visitor.login("jared");
  const reply = await insisted(() => visitor.post(PIED_PIPER, login, headers));
  if (reply.status !== 202 && reply.status !== 200) return;
  const jobId = idOf(reply, 202, 200);
  await visitor.askedOrNot(jobId);
  const answer = visitor.secret("answer", CODE);
  await insisted(() => visitor.postAnswers(jobId, answer));
  await visitor.over(jobId);
};

/** The same after a request about an unknown bank: the records of the others are cached for a minute. */
export const anyhowAtBanks: Journey = async (visitor) => {
  await visitor.post(visitor.world.register.plain("refused bank"), visitor.login());
  await anyhow(visitor);
};

type LoginPost = (visitor: Visitor, login: Record<string, string>) => Promise<Reply>;

/** Sends a login of which upstream makes an echo. The job may end in any way. */
const echoedLogin =
  (name: keyof typeof ECHOES, who: "gavin" | "laurie", prepare: (visitor: Visitor) => Promise<LoginPost>) =>
  async (visitor: Visitor) => {
    const post = await prepare(visitor);
    visitor.world.echoing.onLogins(visitor.userId, name);
    const login = visitor.login(who);
    const reply = await post(visitor, login);
    await visitor.askedOrNot(idOf(reply, 202));
    visitor.world.register.toArrive(...Object.values(login));
  };

const create = async (): Promise<LoginPost> => (visitor, login) => visitor.post(HOOLI, login);

async function update(visitor: Visitor): Promise<LoginPost> {
  const connectionId = await visitor.connection(await visitor.begin(HOOLI_GOV, visitor.login("ash")));
  return (_, login) => visitor.call("POST", visitor.path(`connections/${connectionId}`), login);
}

const echoedAnswer = (name: keyof typeof ECHOES) => async (visitor: Visitor) => {
  visitor.world.echoing.onAnswers(visitor.userId, name);
  const jobId = await visitor.beginAsked("jared");
  await visitor.answerInVain(jobId, visitor.secret("answer", CODE));
  await visitor.over(jobId);
};

const echoedInJob = (kind: (typeof JOB_ECHOES)[number]) => async (visitor: Visitor) => {
  visitor.world.echoing.onLooks(visitor.userId, kind);
  const jobId = await visitor.beginAsked("jared");
  await visitor.call("DELETE", `/jobs/${jobId}`);
};

function namesOf<Name extends string>(table: { readonly [name in Name]: unknown }): Name[] {
  const names: Name[] = [];
  for (const name in table) names.push(name);
  return names;
}

/** Journeys in which upstream repeats a secret. */
export const ECHOED_JOURNEYS: { readonly [name: string]: Journey } = Object.fromEntries([
  ...namesOf(ECHOES).flatMap((name) => [
    [`upstream ${name}, of a login`, echoedLogin(name, "gavin", create)],
    [`upstream ${name}, of a login for an update`, echoedLogin(name, "laurie", update)],
    [`upstream ${name}, of an answer`, echoedAnswer(name)],
  ]),
  ...JOB_ECHOES.map((kind) => [`upstream's job shows a login as its ${kind}`, echoedInJob(kind)]),
]);

/** Journeys that take long. */
export const LONG_JOURNEYS: { readonly [name: string]: Journey } = {
  "a job that never ends": async (visitor) => {
    visitor.world.echoing.neverEnds(visitor.userId);
    await fails(visitor, await visitor.begin(NUCLEUS, visitor.login("gavin")), "job-timed-out");
  },
  "a job that is given up": async (visitor) => {
    const jobId = await visitor.beginAsked("jared");
    visitor.world.dying.givingUp(jobId);
    await visitor.postAnswers(jobId, visitor.secret("answer", CODE));
    await fails(visitor, jobId, "internal-server-error");
  },
  // The run that sent the login is over by then.
  "what upstream's job repeats late": async (visitor) => {
    const { echoing, system } = visitor.world;
    echoing.neverEnds(visitor.userId);
    const jobId = await visitor.begin(HOOLI, visitor.login("gavin"));
    await executionOf(system, jobId).entered(WAIT);
    echoing.onLooks(visitor.userId, "step");
    await visitor.over(jobId);
  },
};

/** A job that begins while its bank is down. Returns its continuation, for when the bank is up again. */
export async function queuedJourney(
  visitor: Visitor,
  bank: typeof HOOLI_GOV | typeof PIED_PIPER,
): Promise<Journey> {
  const jobId = await visitor.begin(bank, visitor.login("jared"));
  await visitor.queued(jobId);
  return async () => {
    idOf(await visitor.call("POST", `/jobs/${jobId}/resume`), 202);
    if (bank === PIED_PIPER) {
      await visitor.asked(jobId);
      await visitor.answer(jobId, visitor.secret("answer", CODE));
    }
    await visitor.connection(jobId);
  };
}

/** What is stored while one job opens its connection, another is at its challenge, and a third has an answer to send. */
export async function storedWhileOpen(world: CanaryWorld, visitor: () => Visitor): Promise<Sink[]> {
  const [sending, asked, answered] = [visitor(), visitor(), visitor()];
  const askedJobId = await asked.beginAsked("jared");
  const answeredJobId = await answered.beginAsked("jared");

  const opening = world.recorder.hold(isOpeningTheLoginOf(sending.userId));
  const waking = world.recorder.hold(({ operation }) => operation === "SendTaskSuccess");
  const sendingJobId = await sending.begin(HOOLI, sending.login("gavin"));
  const answering = answered.answer(answeredJobId, answered.secret("answer", CODE));
  await Promise.all([opening.arrived, waking.arrived]);
  const sinks = await storedSinks(world);
  opening.release();
  waking.release();

  await answering;
  await Promise.all([answered.connection(answeredJobId), sending.connection(sendingJobId)]);
  await asked.call("DELETE", `/jobs/${askedJobId}`);
  return sinks;
}

function isOpeningTheLoginOf(userId: string) {
  return ({ operation, request }: AwsCall) => {
    const context = Object(request["EncryptionContext"]);
    return operation === "Decrypt" && context.userId === userId && context.purpose === "login";
  };
}
