import { AsyncLocalStorage } from "node:async_hooks";
import { SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import * as z from "zod";
import { errorReply } from "../../../functions/http/reply-schemas.ts";
import { METRICS } from "../../../functions/jobs/domain/metrics.ts";
import type { Around } from "../../../infra/local/function-host.ts";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import {
  allBegun,
  begun,
  cancel,
  connected,
  list,
  refresh,
  refreshAll,
  resume,
  update,
} from "../../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { untilQueued } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { executionOf } from "../support/execution-of.ts";

/** One run of a function, and every line that it wrote. */
interface Invocation {
  entry: string;
  event: unknown;
  hasEnded: boolean;
  /** Its result, if it succeeded. */
  result?: unknown;
  chunks: string[];
}

const line = z.record(z.string(), z.unknown());

/** Records what each run of a function writes to standard output and standard error, in place of printing it. */
function linesOfInvocations() {
  const invocations: Invocation[] = [];
  const current = new AsyncLocalStorage<Invocation>();
  const streams = [process.stdout, process.stderr];
  let isOn = false;
  const writes = streams.map((stream) => stream.write);

  return {
    invocations,
    start(): void {
      isOn = true;
      streams.forEach((stream, index) => {
        const write = writes[index]?.bind(stream);
        stream.write = (...given: [Uint8Array | string, ...unknown[]]) => {
          const invocation = current.getStore();
          if (invocation === undefined) return write?.(String(given[0])) ?? true;
          invocation.chunks.push(String(given[0]));
          return true;
        };
      });
    },
    stop(): void {
      isOn = false;
      streams.forEach((stream, index) => {
        stream.write = writes[index] ?? stream.write;
      });
    },
    around: ((entry, event, run) => {
      const invocation: Invocation = { entry, event, hasEnded: false, chunks: [] };
      invocations.push(invocation);
      return current.run(invocation, async () => {
        try {
          invocation.result = await run(event);
          return invocation.result;
        } finally {
          // Output after the end of the recording is not recorded.
          invocation.hasEnded = isOn;
        }
      });
    }) satisfies Around,
  };
}

/** The lines of a run, as JSON. */
function linesOf({ chunks }: Invocation) {
  const texts = chunks.join("").split("\n");
  if (texts.pop() !== "") throw new Error("The last line has no end.");
  return texts.map((text) => line.parse(JSON.parse(text)));
}

/** Requests and jobs that succeed, that are refused, and that meet faults. Returns the jobs of a refresh of all. */
async function logStory(backend: MobileBackend, system: LocalSystem): Promise<string[]> {
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);
  await backend.untilOver(begun(await refresh(backend, connectionId)));
  await backend.untilOver(begun(await update(backend, connectionId, LOGINS.gavin)));
  const several = allBegun(await refreshAll(backend));
  await list(backend);
  await refusedRequests(backend);
  await backend.untilOver(await backend.startJob(HOOLI, { ...LOGINS.gavin, password: "wrong" }));
  await brokenBank(backend);
  await stoppedExecution(backend, system);
  return several;
}

async function refusedRequests(backend: MobileBackend): Promise<void> {
  await backend.send("GET", `/jobs/${crypto.randomUUID()}`);
  await backend.readJob(crypto.randomUUID());
  await backend.readJob("no-job");
  await backend.connect("no-bank", LOGINS.gavin);
  await backend.call("POST", `/users/${backend.userId}/connections`, {});
  await backend.call("PUT", "/token");
  await backend.send("GET", "/health");
}

async function brokenBank(backend: MobileBackend): Promise<void> {
  await backend.faults([{ method: "GET", path: "/institutions/*", times: 100, do: { status: 503 } }]);
  await backend.connect("AU00009", LOGINS.gavin);
  await backend.faults([{ method: "POST", path: "/users/*/connections", times: 1, do: { reset: "after" } }]);
  await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));

  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const queued = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  await untilQueued(backend, queued);
  await resume(backend, queued);
  await cancel(backend, queued);
  await cancel(backend, queued);
}

/** The answer wakes no execution until the sweeper starts a new one. */
async function stoppedExecution(backend: MobileBackend, system: LocalSystem): Promise<void> {
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await new SFNClient().send(new StopExecutionCommand({ executionArn: executionOf(system, jobId).arn }));
  await backend.answer(jobId, ["1234"]);
  await backend.untilOver(jobId);
}

const FIELDS = [
  ...["time", "level", "message", "correlationId", "requestId", "jobId", "route", "task", "call"],
  ...["status", "reason", "errorName", "durationMs"],
  // Of the attempts that a batch has counted at a bank.
  ...["institution", "succeeded", "failedByBank", "failedByAggregator", "failedByUs", "stoppedByUser"],
  // Of the jobs of banks that are back.
  "woken",
];
const OF_METRICS = [
  ...["_aws", ...Object.keys(METRICS), "Outcome", "Step", "Call", "Institution"],
  ...["correlationId", "requestId", "jobId", "route", "task", "reason"],
];

const recorder = linesOfInvocations();
/** Two functions get an invalid event. */
const broken: Around = (entry, event, run) => {
  const isPlanned = entry.endsWith("health.lambda.ts") || (entry.includes("ask-for-answer") && asks++ === 0);
  return recorder.around(entry, event, () => run(isPlanned ? idsOnly.parse(event) : event));
};
let asks = 0;

const idsOnly = z.object({
  jobId: z.string().optional(),
  requestContext: z.object({ requestId: z.string() }).optional(),
});
const jobInput = z.object({ jobId: z.string() });
const apiEvent = z.object({
  rawPath: z.string(),
  requestContext: z.object({ requestId: z.string() }),
});
const apiResult = z.object({ statusCode: z.number(), body: z.string() });
const namesJob = z.object({ type: z.literal("job"), id: z.string() });

const system = localSystem(20, () => ({ around: broken }));
let backend: MobileBackend;
let jobsOfRefreshAll: string[];

beforeAll(async () => {
  backend = new MobileBackend(targetOf(system()));
  process.env["LOG_LEVEL"] = "debug";
  process.env["METRICS_NAMESPACE"] = "Bank";
  recorder.start();
  try {
    jobsOfRefreshAll = await logStory(backend, system());
  } finally {
    recorder.stop();
  }
});
afterAll(() => {
  delete process.env["METRICS_NAMESPACE"];
});

const isOfWorkflow = ({ entry }: Invocation) => entry.startsWith("functions/jobs/workflow/");
/** They serve no request: one reads a stream, one looks at banks, and one sends the messages of webhooks. */
const OF_EVENTS = [
  "functions/events/store-events.lambda.ts",
  "functions/institutions/look-at-banks.lambda.ts",
  "functions/webhooks/deliver-webhooks.lambda.ts",
];
const ofApi = () =>
  recorder.invocations.filter(
    (invocation) => !isOfWorkflow(invocation) && !OF_EVENTS.includes(invocation.entry),
  );
const ofWorkflow = () => recorder.invocations.filter(isOfWorkflow);
const requests = () =>
  ofApi().map((invocation) => {
    const { statusCode, body } = apiResult.parse(invocation.result);
    const { rawPath, requestContext } = apiEvent.parse(invocation.event);
    return {
      lines: linesOf(invocation),
      status: statusCode,
      body: z.unknown().parse(JSON.parse(body)),
      rawPath,
      requestId: requestContext.requestId,
    };
  });
const isOfTask = ({ event }: Invocation) => jobInput.safeParse(event).success;
const tasks = () =>
  ofWorkflow()
    .filter(isOfTask)
    .map((invocation) => ({
      lines: linesOf(invocation),
      hasEnded: invocation.hasEnded,
      jobId: jobInput.parse(invocation.event).jobId,
    }));
const sweeps = () =>
  ofWorkflow()
    .filter((invocation) => !isOfTask(invocation))
    .map(linesOf);
const said = (lines: ReturnType<typeof linesOf>, message: string) =>
  lines.filter((line) => line["message"] === message);

describe("every line", () => {
  test("is JSON and has only the allowed fields", () => {
    const lines = recorder.invocations.flatMap(linesOf);
    expect(lines.length).toBeGreaterThan(100);
    for (const line of lines) {
      const allowed = "_aws" in line ? OF_METRICS : FIELDS;
      expect(Object.keys(line).filter((name) => !allowed.includes(name))).toEqual([]);
    }
    const messages = lines.flatMap(({ message, level }) =>
      message === undefined ? [] : [`${level} ${message}`],
    );
    expect([...new Set(messages)].toSorted()).toEqual([
      "debug upstream called",
      "error request failed",
      "error task failed",
      "info attempts counted",
      "info banks looked at",
      "info events stored",
      "info job named",
      "info request",
      "info sweep",
      "info task",
      "info webhooks",
      "warn job mended",
      "warn request failed",
      "warn task failed",
    ]);
  });

  test("has no user id, no login and no token", () => {
    const text = recorder.invocations.flatMap(({ chunks }) => chunks).join("");
    const logins = [LOGINS.gavin, LOGINS.jared].flatMap((login) => Object.values(login));
    for (const secret of [...logins, backend.userId, backend.target.apiKey, "eyJ", "no-bank", "127.0.0.1"]) {
      expect(text).not.toContain(secret);
    }
  });
});

describe("every line of a request", () => {
  test("has the correlationId of the error reply, which no other request has", () => {
    const ids = requests().map(({ lines, body }) => {
      const found = new Set(lines.map((line) => line["correlationId"]));
      const [id] = found;
      expect([...found]).toEqual([expect.stringMatching(/^[0-9a-f-]{36}$/)]);
      const refused = errorReply.safeParse(body);
      if (refused.success) expect(refused.data.correlationId).toBe(id);
      return id;
    });
    expect(ids.length).toBeGreaterThan(30);
    expect(new Set(ids).size).toBe(ids.length);
    expect(requests().filter(({ body }) => errorReply.safeParse(body).success).length).toBeGreaterThan(7);
  });

  test("has the request id of the gateway", () => {
    for (const { lines, requestId } of requests()) {
      expect(requestId).toHaveLength(16);
      expect(new Set(lines.map((line) => line["requestId"]))).toEqual(new Set([requestId]));
    }
    expect(new Set(requests().map(({ requestId }) => requestId)).size).toBe(requests().length);
  });

  test("has the id of the job that the request names or makes, as soon as it is known", () => {
    const naming = requests().flatMap(({ lines, body, rawPath }) => {
      const made = namesJob.safeParse(body).data?.id;
      const named = /^\/jobs\/([0-9a-f-]{36})/.exec(rawPath)?.[1];
      const jobId = named ?? made;
      return jobId === undefined ? [] : [{ ids: lines.map((line) => line["jobId"]), jobId, named, lines }];
    });
    expect(naming.filter(({ named }) => named === undefined).length).toBeGreaterThan(5);
    expect(naming.filter(({ named, ids }) => named !== undefined && ids.length > 1).length).toBeGreaterThan(
      0,
    );
    for (const { lines, jobId, ids, named } of naming) {
      expect(lines.at(-1)).toMatchObject({ message: "request", jobId });
      const since = named === undefined ? ids.findIndex((id) => id !== undefined) : 0;
      expect(new Set(ids.slice(since))).toEqual(new Set([jobId]));
    }
  });

  test("names each job of a request that makes several", () => {
    const [all] = requests().filter(({ rawPath }) => rawPath.endsWith("/connections/refresh"));
    expect(jobsOfRefreshAll.length).toBeGreaterThan(1);
    expect(said(all?.lines ?? [], "job named").map((line) => line["jobId"])).toEqual(jobsOfRefreshAll);
  });

  test("has the level of its outcome", () => {
    const levelsBy = (lowest: number, highest: number) => {
      const found = requests().filter(({ status }) => status >= lowest && status <= highest);
      expect(found.length).toBeGreaterThan(0);
      for (const { lines, status } of found) {
        expect(lines.filter(({ message }) => message === "request")).toMatchObject([
          { level: "info", status },
        ]);
      }
      const levels = found.flatMap(({ lines }) => lines.flatMap(({ level }) => level ?? []));
      return [...new Set(levels)].toSorted();
    };
    expect(levelsBy(200, 299)).toEqual(["debug", "info"]);
    expect(levelsBy(400, 499)).toEqual(["debug", "info"]);
    expect(levelsBy(503, 503)).toEqual(["debug", "info", "warn"]);
    expect(levelsBy(500, 500)).toEqual(["error", "info"]);
  });
});

test("every line of a Task has the id of its job, and one line has its outcome", () => {
  expect(tasks().length).toBeGreaterThan(15);
  for (const { lines, jobId, hasEnded } of tasks()) {
    expect(lines.filter((line) => line["jobId"] !== jobId || line["task"] === undefined)).toEqual([]);
    const ends = [...said(lines, "task"), ...said(lines, "task failed")];
    expect(ends).toHaveLength(hasEnded ? 1 : 0);
  }
});

test("every line of a sweep has the id of its job, except the lines about the sweep itself", () => {
  const lines = sweeps().flat();
  const mended = said(lines, "job mended");
  expect(mended.filter(({ jobId }) => !/^[0-9a-f-]{36}$/.test(String(jobId)))).toEqual([]);
  // On a busy machine, the sweeper may also clean up a job that has just ended.
  expect(mended.map(({ reason }) => reason).filter((reason) => reason !== "cleaned")).toEqual(["restarted"]);
  const ofNoJob = lines.filter((line) => line["jobId"] === undefined);
  expect(ofNoJob.filter((line) => line["message"] !== "sweep" && !("JobsRunning" in line))).toEqual([]);
});

test("a line of metrics about a job has the id of the job", () => {
  const metrics = recorder.invocations.flatMap(linesOf).filter((line) => "_aws" in line);
  const ofJobs = metrics.filter(
    (line) => "JobsStarted" in line || "JobsFinished" in line || "StepDuration" in line,
  );
  expect(ofJobs.length).toBeGreaterThan(15);
  expect(ofJobs.filter((line) => line["jobId"] === undefined)).toEqual([]);
});
