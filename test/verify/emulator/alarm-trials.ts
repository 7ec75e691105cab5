import { randomUUID } from "node:crypto";
import { existsSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { webhookMessageListReply, webhookReply } from "../../../functions/http/reply-schemas.ts";
import { cancel, list, page, resume } from "../../journeys/calls.ts";
import { eventsUntil, sequencesOf } from "../../journeys/event-calls.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { ANYTHING, eventually, NOTHING, type Operator } from "./operator.ts";
import { PROJECT_ROOT } from "./programs.ts";
import { RECEIVER_URL } from "./receiver.ts";

/** Makes the cause of an alarm, follows its section of the page, and checks that users are well again. Returns what was seen. */
type Trial = (operator: Operator) => Promise<string>;

const UPSTREAM_SECRET = "connection-jobs/upstream-api-key";
const KEY_FILE = join(PROJECT_ROOT, "upstream-api-key.txt");
/** The account's limit. AWS gives new accounts ten; our own trials need a few more. */
export const FUNCTIONS_AT_ONCE = 20;
const ACCESS_DENIED = /"errorName":"AccessDenied\w*"/;
const TIMED_OUT = /Task timed out after/;

/** Throws with what was seen unless it is as it should be. */
function check(isRight: boolean, seen: unknown): void {
  if (!isRight) throw new Error(`Seen: ${typeof seen === "string" ? seen : JSON.stringify(seen)}`);
}

const upstreamKeyRefused: Trial = async (operator) => {
  const { target } = operator;
  const key = { SecretId: UPSTREAM_SECRET };
  const store = (SecretString: string) =>
    operator.aws("secretsmanager", "put_secret_value", { ...key, SecretString });
  const cold = (name: string) => operator.configure(name);
  await operator.connects();
  // Functions that run have a token for an hour. Those that start need the key.
  await operator.aws("secretsmanager", "delete_secret", { ...key, RecoveryWindowInDays: 7 });
  operator.undoing(() => operator.aws("secretsmanager", "restore_secret", key).catch(() => undefined));
  await cold("TasksOpenConnection");
  await operator.job();
  await cold("EndpointsCreateConnection");
  const refused = await operator.backend().connect(HOOLI, LOGINS.gavin);
  const dates = /\[\s*[^\sn]+,\s*[^\sn]+\s*\]/;
  await operator.looks("UpstreamKeyRefused", dates, /"UpstreamKeyRefusals":1/, /"UpstreamKeyRefusals":1/);
  await operator.runs("UpstreamKeyRefused", "aws secretsmanager restore-secret");
  await operator.connects();

  if (existsSync(KEY_FILE)) throw new Error("There is an upstream-api-key.txt of yours: move it away first.");
  await store("not-the-key");
  operator.undoing(() => store(target.sandboxKey ?? ""));
  await cold("EndpointsCreateConnection");
  const wrong = await operator.backend().connect(HOOLI, LOGINS.gavin);
  operator.undoing(async () => rmSync(KEY_FILE, { force: true }));
  writeFileSync(KEY_FILE, `${target.sandboxKey}\n`);
  await operator.does("UpstreamKeyRefused");
  await operator.connects();
  if (refused.status !== 503 || wrong.status !== 503)
    throw new Error(`${refused.status} and ${wrong.status}`);
  return "503 with a deleted and with a wrong key, lines of both functions; connects after each repair";
};

const upstreamFailing: Trial = async (operator) => {
  const unavailable = { times: 1000, do: { status: 503 } };
  const undo = await operator.faults(
    { method: "GET", path: "/jobs/*", ...unavailable },
    { method: "GET", path: "/users/*/accounts", ...unavailable },
  );
  const { backend } = await operator.job();
  await operator.job();
  await backend.call("GET", `/users/${backend.userId}/accounts`);
  const { length } = await operator.untilLines("TasksFollowJobLogs", /UpstreamFailures/, 10);
  await operator.looks("UpstreamFailing", /"Call":"look"/, /"Call":"pass"/);
  await undo();
  await operator.connects();
  return `${length} failures in lines, of the calls look and pass; a new job succeeds`;
};

const upstreamRefusing: Trial = async (operator) => {
  const undo = await operator.faults({
    ...{ method: "POST", path: "/users/*/connections", times: 5, do: { status: 400 } },
  });
  const jobs = await Promise.all(Array.from({ length: 5 }, () => operator.job()));
  for (const { id, backend } of jobs) await backend.untilOver(id);
  const [, finished = ""] = await operator.looks("UpstreamRefusing", /"Call":"login"/, /"Outcome":"/);
  await undo();
  await operator.connects();
  return `5 refusals of the call login, jobs ended as ${/"Outcome":"([\w-]+)"/.exec(finished)?.[1]}; a new job succeeds`;
};

const executionsFailed: Trial = async (operator) => {
  // Until the bank shows the job, another Task than the first follows it.
  await operator.faults(...BANK_OUT_OF_SIGHT);
  await operator.deny("TasksFollowJob", "dynamodb:GetItem");
  const jobs = await Promise.all(Array.from({ length: 3 }, () => operator.job()));
  for (const { id, backend } of jobs) await backend.untilOver(id);
  const names = new RegExp(jobs.map(({ id }) => `(?=.*${id}-1)`).join(""), "s");
  const error = /"errorName":"AccessDenied\w*","awsCall":"GetItem"/;
  await operator.looks("ExecutionsFailed", /"Outcome":"internal"/, error, names);
  await operator.undoAll();
  await operator.connects();
  return "3 failed executions, the outcome internal, AccessDenied at GetItem; a new job succeeds";
};

const executionsTimedOut: Trial = async (operator) => {
  const stateMachineArn = await operator.part("StepFunctions::StateMachine", "WorkflowStateMachine");
  const [definition] = z
    .array(z.string())
    .parse(
      await operator.aws("stepfunctions", "describe_state_machine", { stateMachineArn }, "[definition]"),
    );
  const define = (text: string | undefined) =>
    operator.aws("stepfunctions", "update_state_machine", { stateMachineArn, definition: text });
  const release = await operator.throttle("TasksOpenConnection");
  await define(JSON.stringify({ ...JSON.parse(definition ?? ""), TimeoutSeconds: 20 }));
  const undo = operator.undoing(() => define(definition));
  const job = await operator.job();
  const [shown = ""] = await operator.looks("ExecutionsTimedOut", new RegExp(`${job.id}-1`));
  const [ARN = ""] =
    shown
      .split("\n")
      .find((line) => line.includes(job.id))
      ?.split("\t") ?? [];
  const history = await operator.runs("ExecutionsTimedOut", "aws stepfunctions get-execution-history", {
    ARN,
  });
  if (!/ExecutionTimedOut/.test(history))
    throw new Error(`The history does not end with the time-out: ${history}`);
  await undo();
  await release();
  const [mended] = await operator.untilLines("SweeperSweepLogs", /"reason":"restarted"/);
  check(mended?.includes(job.id) === true, mended);
  await operator.succeeds(job);
  return "a job whose first Task could not run: its execution in the list, its last events; the sweeper restarts it, and it succeeds";
};

const taskFunctionErrors: Trial = async (operator) => {
  await operator.faults(...BANK_OUT_OF_SIGHT);
  await operator.deny("TasksFollowJob", "dynamodb:GetItem");
  const undo = await operator.hang("TasksFollowJob", "DYNAMODB", 2);
  const { id, backend } = await operator.job();
  await operator.untilLines("TasksFollowJobLogs", TIMED_OUT, 4);
  await undo();
  await operator.looks("TaskFunctionErrors", ACCESS_DENIED, TIMED_OUT);
  await operator.undoAll();
  await backend.untilOver(id);
  await operator.connects();
  return "a Task that ran out of time four times, and AccessDenied at level error; a new job succeeds";
};

/** Requests that hold all the functions that the account may run at once, until they are ended. */
async function useAllFunctions(operator: Operator): Promise<() => Promise<void>> {
  const release = await operator.hang("EndpointsListJobs", "DYNAMODB", 25);
  let isOver = false;
  const request = async () => {
    while (!isOver) {
      await operator.gets(`/users/${randomUUID()}/jobs`).catch(() => undefined);
      await sleep(200);
    }
  };
  const requests = Array.from({ length: FUNCTIONS_AT_ONCE + 5 }, request);
  return operator.undoing(async () => {
    isOver = true;
    await release();
    await Promise.all(requests);
  });
}

/** Looks for the limit of the account, and for the time when all functions ran. */
const seesTheLimit = (operator: Operator) =>
  operator.looks(
    "TaskFunctionThrottles",
    new RegExp(`^${FUNCTIONS_AT_ONCE}$`, "m"),
    new RegExp(`\\t${FUNCTIONS_AT_ONCE}(\\.0)?$`, "m"),
  );

async function throttlesOf(operator: Operator, name: string): Promise<number> {
  const Dimensions = [{ Name: "FunctionName", Value: await operator.part("Lambda::Function", name) }];
  const period = { StartTime: new Date(Date.now() - 3_600_000), EndTime: new Date(), Period: 3_600 };
  const metric = {
    Namespace: "AWS/Lambda",
    MetricName: "Throttles",
    Dimensions,
    ...period,
    Statistics: ["Sum"],
  };
  const found = await operator.aws("cloudwatch", "get_metric_statistics", metric, "Datapoints[].Sum");
  return z
    .array(z.number())
    .parse(found)
    .reduce((sum, one) => sum + one, 0);
}

const taskFunctionThrottles: Trial = async (operator) => {
  const release = await operator.throttle("TasksOpenConnection");
  const jobs = [await operator.job(), await operator.job(), await operator.job()];
  const end = await useAllFunctions(operator);
  await release();
  const before = await throttlesOf(operator, "TasksOpenConnection");
  await seesTheLimit(operator);
  const count = (await throttlesOf(operator, "TasksOpenConnection")) - before;
  await end();
  for (const job of jobs) await operator.succeeds(job);
  return `all ${FUNCTIONS_AT_ONCE} functions of the account in use, and ${count} more throttles of a Task; then 3 waiting jobs succeed`;
};

const apiFunctionThrottles: Trial = async (operator) => {
  const end = await useAllFunctions(operator);
  const status = await eventually("a refused request", async () => {
    const [found] = await operator.gets("/health");
    return found !== 200 && found;
  });
  await seesTheLimit(operator);
  await end();
  const [after] = await operator.gets("/health");
  check(after === 200, { after });
  return `all ${FUNCTIONS_AT_ONCE} functions of the account in use, and a request that got ${status}; repeated later, it got 200`;
};

const jobRunsTooLong: Trial = async (operator) => {
  const release = await operator.throttle("TasksOpenConnection");
  const { id, backend } = await operator.job();
  await operator.untilLines("SweeperSweepLogs", /OldestRunningJob/, 2);
  const [ages = ""] = await operator.looks(
    "JobRunsTooLong",
    /"OldestRunningJob":\d{4}/,
    new RegExp(`${id}-1`),
  );
  const { status } = await cancel(backend, id);
  check(status === 202, { status });
  await operator.clearLogs();
  await operator.untilLines("SweeperSweepLogs", /"OldestRunningJob":0\b/);
  await release();
  await operator.connects();
  const oldest = Math.max(...[...ages.matchAll(/"OldestRunningJob":(\d+)/g)].map(([, ms]) => Number(ms)));
  return `a job whose Task could not run, ${Math.round(oldest / 1000)} s old in the sweeper's lines; after DELETE, none is running`;
};

const sweeperFoundWork: Trial = async (operator) => {
  // The function dies after it has stored the job, and before it starts the execution.
  const undo = await operator.hang("EndpointsCreateConnection", "SFN", 7);
  const users = Array.from({ length: 5 }, () => operator.backend());
  await Promise.all(users.map((user) => user.connect(HOOLI, LOGINS.gavin).catch(() => undefined)));
  await undo();
  await operator.untilLines("SweeperSweepLogs", /job mended/, 5);
  await operator.looks("SweeperFoundWork", /"reason":"started"/, NOTHING, NOTHING, TIMED_OUT, NOTHING);
  for (const user of users) {
    const [job] = page(await list(user)).data;
    await operator.succeeds({ id: job?.id ?? "", backend: user });
  }
  return "5 requests that ran out of time after they had stored a job; the sweeper starts the jobs, and they succeed";
};

const sweeperFailing: Trial = async (operator) => {
  const grant = await operator.deny("SweeperSweep", "dynamodb:Query");
  await operator.untilLines("SweeperSweepLogs", /sweep failed/, 3);
  await grant();
  const undo = await operator.hang("SweeperSweep", "DYNAMODB", 2);
  await operator.looks("SweeperFailing", ACCESS_DENIED, TIMED_OUT);
  await undo();
  await sweepsAgain(operator);
  return "3 failed sweeps with AccessDenied at Query, others out of time; then a line sweep";
};

async function sweepsAgain(operator: Operator): Promise<void> {
  await operator.clearLogs();
  await operator.untilLines("SweeperSweepLogs", /"message":"sweep"/);
}

const sweeperStopped: Trial = async (operator) => {
  const rule = { Name: await operator.part("Events::Rule", "SweeperEveryMinute") };
  await operator.aws("events", "disable_rule", rule);
  operator.undoing(() => operator.aws("events", "enable_rule", rule));
  const job = await interrupted(operator);
  await operator.clearLogs();
  await operator.looks("SweeperStopped", /^DISABLED$/m, NOTHING);
  await operator.does("SweeperStopped");
  await operator.looks("SweeperStopped", /^ENABLED$/m, /"JobsRunning":\d/);
  await job.continues();
  return "DISABLED and no lines; enabled by the command, it sweeps, and an interrupted job succeeds";
};

/** A job whose execution somebody has stopped, and whose bank does not show it before it continues. */
async function interrupted(operator: Operator) {
  const undo = await operator.faults(...BANK_OUT_OF_SIGHT);
  const job = await operator.job();
  await operator.untilLines("TasksOpenConnectionLogs", /UpstreamFailures/);
  const stateMachineArn = await operator.part("StepFunctions::StateMachine", "WorkflowStateMachine");
  const executionArn = `${stateMachineArn.replace(":stateMachine:", ":execution:")}:${job.id}-1`;
  await operator.aws("stepfunctions", "stop_execution", { executionArn });
  const continues = async () => {
    await undo();
    await operator.succeeds(job);
  };
  return { ...job, continues };
}

/** Writes a row of a job as no version of ours does. */
async function spoilRow(operator: Operator, id: string) {
  const row = {
    TableName: await operator.part("DynamoDB::Table", "TablesJobs"),
    Key: { pk: { S: `job#${id}` } },
  };
  const [before] = await operator.aws("dynamodb", "get_item", row, "[Item.attempt]");
  const set = (attempt: unknown) =>
    operator.aws("dynamodb", "update_item", {
      ...row,
      UpdateExpression: "SET attempt = :attempt",
      ExpressionAttributeValues: { ":attempt": attempt },
    });
  await set({ S: "first" });
  return operator.undoing(() => set(before));
}

const jobsNotSwept: Trial = async (operator) => {
  const release = await operator.throttle("TasksOpenConnection");
  const job = await operator.job();
  const restore = await spoilRow(operator, job.id);
  await operator.looks("JobsNotSwept", new RegExp(`"jobId":"${job.id}".*"errorName":"\\$ZodError"`));
  const row = await operator.runs("JobsNotSwept", "aws dynamodb get-item", { ID: job.id });
  check(/"attempt": \{\s*"S": "first"/.test(row), row);
  await restore();
  await release();
  await operator.succeeds(job);
  return "the job and $ZodError; the row shows the wrong field; with that restored, the job succeeds";
};

const banksNotLookedAt: Trial = async (operator) => {
  const { backend, id } = await queuedJob(operator);
  const other = await queuedJob(operator);
  const look = await operator.deny("BankLooksLookAtBanks", "dynamodb:Query");
  await operator.untilLines("BankLooksLookAtBanksLogs", /not looked at/, 3);
  await look();
  const hung = await operator.hang("BankLooksLookAtBanks", "DYNAMODB", 2);
  await operator.untilLines("BankLooksLookAtBanksLogs", /Task timed out/);
  await hung();
  const start = await operator.deny("BankLooksLookAtBanks", "states:StartExecution");
  await backend.institution(HOOLI, { status: "operational" });
  await operator.looks(
    "BanksNotLookedAt",
    ACCESS_DENIED,
    new RegExp(`"jobId":"(${id}|${other.id})"`),
    TIMED_OUT,
  );
  // 409: the sweeper may have continued the job whose execution could not be started.
  const { status } = await resume(backend, id);
  check([202, 409].includes(status), { status });
  await operator.succeeds({ id, backend });
  await start();
  await operator.succeeds(other);
  return `each of the three lines; one job resumed (${status}) and the other woken by the function, both succeed`;
};

/** A job that waits for its bank, which is down. */
async function queuedJob(operator: Operator) {
  const backend = operator.backend();
  await backend.institution(HOOLI, { status: "major-outage", outage: "refuse" });
  operator.undoing(() => backend.institution(HOOLI, { status: "operational" }));
  const id = await backend.startJob(HOOLI, LOGINS.gavin);
  await untilQueued(backend, id);
  return { id, backend };
}

/** Calls a function as a schedule on AWS does: nobody waits for its result. */
async function callLater(operator: Operator, name: string): Promise<void> {
  const FunctionName = await operator.part("Lambda::Function", name);
  await operator.aws(
    "lambda",
    "invoke",
    { FunctionName, InvocationType: "Event", Payload: "{}" },
    "[StatusCode]",
  );
}

const sweepsInDeadLetters: Trial = async (operator) => {
  await queuedJob(operator);
  const grants = [
    await operator.deny("SweeperSweep", "dynamodb:Query"),
    await operator.deny("BankLooksLookAtBanks", "dynamodb:Query"),
  ];
  await callLater(operator, "SweeperSweep");
  await callLater(operator, "BankLooksLookAtBanks");
  const errors = /(?=.*The sweep failed\.)(?=.*Some banks were not looked at\.)/s;
  await operator.looks("SweepsInDeadLetters", errors, ACCESS_DENIED, ACCESS_DENIED);
  for (const grant of grants) await grant();
  await sweepsAgain(operator);
  return "the errors of a sweep and of a look at banks in messages and in lines; then it sweeps again";
};

const eventsLate: Trial = async (operator) => {
  const grant = await operator.deny("EventMakerStoreEvents", "dynamodb:PutItem");
  const first = await operator.job();
  await operator.looks("EventsLate", ACCESS_DENIED, /^Enabled\tFAILED/m);
  await grant();
  await eventsUntil(first.backend, "succeeded");
  const UUID = await operator.part("Lambda::EventSourceMapping", "EventMakerJobChanges");
  await operator.aws("lambda", "update_event_source_mapping", { UUID, Enabled: false });
  operator.undoing(() => operator.aws("lambda", "update_event_source_mapping", { UUID, Enabled: true }));
  const second = await operator.job();
  await operator.looks("EventsLate", ANYTHING, /^Disabled\t/m);
  await operator.does("EventsLate");
  const numbers = [await sequencesOf(first.backend), await sequencesOf(second.backend)];
  return `AccessDenied, then Disabled; enabled by the command, all events come in order: ${numbers.join(" and ")}`;
};

const eventsNotStored: Trial = async (operator) => {
  const grant = await operator.deny("EventMakerStoreEvents", "dynamodb:PutItem");
  const { backend } = await operator.job();
  const { length } = await operator.untilLines("EventMakerStoreEventsLogs", /events not stored/, 10);
  await grant();
  await eventsUntil(backend, "succeeded");
  const undo = await operator.hang("EventMakerStoreEvents", "DYNAMODB", 1);
  const late = await operator.job();
  await operator.looks("EventsNotStored", ACCESS_DENIED, TIMED_OUT);
  await undo();
  await eventsUntil(late.backend, "succeeded");
  return `${length} failures with AccessDenied, others out of time; then all events come`;
};

const recordsSetAside: Trial = async (operator) => {
  const { id, backend } = await operator.job();
  await backend.untilOver(id);
  const restore = await spoilRow(operator, id);
  await operator.looks("RecordsSetAside", new RegExp(`"jobId":"${id}".*"errorName":"\\$ZodError"`));
  await restore();
  await operator.succeeds({ id, backend });
  return "the job and $ZodError; with its row restored, the job is shown as it was";
};

const recordsLost: Trial = async (operator) => {
  const UUID = await operator.part("Lambda::EventSourceMapping", "EventMakerJobChanges");
  const keep = (seconds: number) =>
    operator.aws("lambda", "update_event_source_mapping", { UUID, MaximumRecordAgeInSeconds: seconds });
  // A minute is the least that Lambda allows.
  await keep(60);
  operator.undoing(() => keep(23 * 3600));
  const grant = await operator.deny("EventMakerStoreEvents", "dynamodb:PutItem");
  const { id, backend } = await operator.job();
  await backend.untilOver(id);
  await operator.looks("RecordsLost", /streamArn\W+arn:aws:dynamodb\S+TablesJobs/, ACCESS_DENIED);
  const pipes = await operator.runs("RecordsLost", "aws pipes list-pipes");
  await grant();
  const [job] = page(await list(backend)).data;
  check(job?.id === id && /"CurrentState": "RUNNING"/.test(pipes), { job, pipes });
  const next = await operator.job();
  await eventsUntil(next.backend, "succeeded");
  return "the stream of the jobs table and AccessDenied, the pipes that run; the list of jobs shows the job, and new events come";
};

/** A webhook whose receiver replies with a status. */
async function webhook(operator: Operator, status: number) {
  operator.receiver.status = status;
  operator.receiver.taken = [];
  const backend = operator.backend();
  const { json } = await backend.call("POST", "/notifications/webhooks", { url: RECEIVER_URL });
  const { id } = z.object({ id: z.string() }).parse(json);
  const path = `/notifications/webhooks/${id}`;
  operator.undoing(() => backend.call("DELETE", path));
  return {
    id,
    becomes: (wanted: string) =>
      eventually(`the webhook is ${wanted}`, async () => {
        const reply = await backend.call("GET", path);
        return webhookReply.parse(reply.json).status === wanted;
      }),
    /** Waits until every message of the webhook has been taken. */
    async delivers() {
      await eventually("all messages are delivered", async () => {
        const reply = await backend.call("GET", `${path}/messages`);
        const { data } = webhookMessageListReply.parse(reply.json);
        return data.length > 0 && data.every((message) => message.status === "delivered");
      });
      return operator.receiver.taken.length;
    },
  };
}

function sendTest(backend: MobileBackend) {
  return backend.call("POST", "/notifications/messages/test", { eventTypeId: "job.created" });
}

const webhookFailing: Trial = async (operator) => {
  const { id, becomes, delivers } = await webhook(operator, 500);
  await operator.connects();
  await operator.connects();
  await becomes("failing");
  const listed = await operator.runs("WebhookFailing", "connection-jobs webhooks list");
  const messages = await operator.runs("WebhookFailing", "connection-jobs webhooks messages", {
    WEBHOOK: id,
  });
  check(/failing/.test(listed) && /500/.test(messages), `${listed}\n${messages}`);
  await operator.looks("WebhookFailing", /"AttemptsFailed":1/);
  operator.receiver.status = 200;
  const count = await delivers();
  await becomes("active");
  operator.receiver.status = 410;
  await sendTest(operator.backend());
  await becomes("disabled");
  return `failing and the status 500; after the receiver's repair all ${count} messages; disabled after a 410`;
};

const webhookMessagesLate: Trial = async (operator) => {
  const { delivers } = await webhook(operator, 500);
  await sendTest(operator.backend());
  await operator.untilLines("WebhooksDeliverLogs", /"OldestWaitingMessage":[1-9]/);
  operator.receiver.status = 200;
  const sweep = await operator.deny("WebhooksDeliver", "dynamodb:Query");
  await operator.untilLines("WebhooksDeliverLogs", /webhook not swept/);
  await sweep();
  const send = await operator.deny("WebhooksDeliver", "dynamodb:GetItem");
  await operator.looks("WebhookMessagesLate", /"OldestWaitingMessage":[1-9]/, ACCESS_DENIED, ACCESS_DENIED);
  await send();
  await delivers();
  return "a message that waits, and AccessDenied in both lines; the message arrives";
};

const webhooksNotSent: Trial = async (operator) => {
  const { delivers } = await webhook(operator, 200);
  const send = await operator.deny("WebhooksDeliver", "dynamodb:GetItem");
  await operator.connects();
  await operator.untilLines("WebhooksDeliverLogs", /messages not sent/, 3);
  await send();
  const sweep = await operator.deny("WebhooksDeliver", "dynamodb:Query");
  await operator.untilLines("WebhooksDeliverLogs", /webhook not swept/);
  await sweep();
  const undo = await operator.hang("WebhooksDeliver", "DYNAMODB", 2);
  await operator.looks("WebhooksNotSent", ACCESS_DENIED, ACCESS_DENIED, TIMED_OUT);
  await undo();
  return `AccessDenied in both lines, and runs out of time; then all ${await delivers()} messages arrive`;
};

const webhooksInDeadLetters: Trial = async (operator) => {
  const { delivers } = await webhook(operator, 200);
  const undo = await operator.deny("WebhooksDeliver", "dynamodb:GetItem");
  await operator.connects();
  await operator.looks("WebhooksInDeadLetters", /The messages could not be sent\./, ACCESS_DENIED);
  await undo();
  return `the error of a call in a message and in a line; all ${await delivers()} messages arrive without it`;
};

const apiServerErrors: Trial = async (operator) => {
  const undos = [
    await operator.deny("EndpointsListJobs", "dynamodb:Query"),
    await operator.configure("EndpointsReadEvents", { EVENTS_TABLE: "" }),
    await operator.hang("EndpointsGetJob", "DYNAMODB", 2),
  ];
  const id = randomUUID();
  const paths = [`/users/${id}/jobs`, "/events", `/jobs/${id}`];
  const broken = await operator.gets(...paths, ...paths);
  const reasons = /(?=.*"reason":"service-unavailable"[^\n]*"awsCall":"Query")(?=.*"reason":"internal")/s;
  await operator.looks("ApiServerErrors", reasons, TIMED_OUT, ANYTHING);
  for (const undo of undos) await undo();
  const repaired = await operator.gets(...paths);
  check(broken.every((status) => status >= 500) && repaired.join() === "200,200,404", { broken, repaired });
  return `${broken.length} replies of 5xx; service-unavailable at Query, internal, and a function out of time; then ${repaired}`;
};

const apiFunctionErrors: Trial = async (operator) => {
  // A function of each alarm.
  const paths = {
    EndpointsListJobs: `/users/${randomUUID()}/jobs`,
    EndpointsReadEvents: "/events",
    EndpointsInstitutionHealth: `/institutions/${HOOLI}/health`,
  };
  const undos = [];
  for (const name of Object.keys(paths)) undos.push(await operator.hang(name, "DYNAMODB", 2));
  const broken = await operator.gets(...Object.values(paths));
  await operator.looks("ApiFunctionErrors", /(Task timed out.*){3}/s, ANYTHING);
  for (const undo of undos) await undo();
  const repaired = await operator.gets(...Object.values(paths));
  check(broken.every((status) => status >= 500) && repaired.join() === "200,200,200", { broken, repaired });
  return `a function of each alarm ran out of time, replies ${broken}; after the repair ${repaired}`;
};

/** The trial of each alarm. Alarms that share a section share a trial. */
export const TRIALS: Readonly<Record<string, Trial>> = {
  UpstreamKeyRefused: upstreamKeyRefused,
  UpstreamFailing: upstreamFailing,
  UpstreamRefusing: upstreamRefusing,
  ExecutionsFailed: executionsFailed,
  ExecutionsTimedOut: executionsTimedOut,
  TaskFunctionErrors: taskFunctionErrors,
  JobRunsTooLong: jobRunsTooLong,
  SweeperFoundWork: sweeperFoundWork,
  SweeperFailing: sweeperFailing,
  SweeperStopped: sweeperStopped,
  JobsNotSwept: jobsNotSwept,
  BanksNotLookedAt: banksNotLookedAt,
  SweepsInDeadLetters: sweepsInDeadLetters,
  EventsLate: eventsLate,
  EventsNotStored: eventsNotStored,
  RecordsSetAside: recordsSetAside,
  RecordsLost: recordsLost,
  WebhookFailing: webhookFailing,
  WebhookMessagesLate: webhookMessagesLate,
  WebhooksNotSent: webhooksNotSent,
  WebhooksInDeadLetters: webhooksInDeadLetters,
  ApiServerErrors: apiServerErrors,
  ApiFunctionErrors: apiFunctionErrors,
  TaskFunctionThrottles: taskFunctionThrottles,
  ApiFunctionThrottles: apiFunctionThrottles,
};
