import { spawn } from "node:child_process";
import { once } from "node:events";
import { appendFile, mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import {
  callbackTask,
  failing,
  invokeTask,
  localWorkflow,
  stateMachineArn,
} from "../../support/local-workflow.ts";

const waits = {
  Wait: { Type: "Wait", Seconds: 86_400, Next: "Run" },
  Run: invokeTask("run", { End: true }),
};
const runs = { Run: invokeTask("run", { OutputPath: "$.Payload", End: true }) };

/** Long enough for a wrong step to be taken. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 30));

describe("An execution", () => {
  test("starts once for the same name and input", async () => {
    const workflow = await localWorkflow({ states: waits, timeScale: 1 });
    const request = { name: "job-1", input: '{"jobId":"j"}' };
    const started = await Promise.all(Array.from({ length: 10 }, () => workflow.startRaw(request)));
    expect(new Set(started.map(({ executionArn }) => executionArn)).size).toBe(1);
    expect(new Set(started.map(({ startDate }) => startDate?.getTime())).size).toBe(1);
    await expect(workflow.startRaw({ ...request, input: "{}" })).rejects.toMatchObject({
      name: "ExecutionAlreadyExists",
    });
  });

  test("does not start with the name of one that has ended", async () => {
    const workflow = await localWorkflow({ states: runs, functions: { run: () => 1 } });
    const arn = await workflow.start({}, "job-1");
    expect(await workflow.end(arn)).toMatchObject({ status: "SUCCEEDED", output: 1 });
    await expect(workflow.start({}, "job-1")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    expect(workflow.calls).toHaveLength(1);
  });

  test("has its history in the order of AWS, in pages and backwards", async () => {
    const workflow = await localWorkflow({
      states: {
        Run: invokeTask("run", { ResultPath: "$.run", Next: "End" }),
        End: { Type: "Fail", Error: "Wrong", Cause: "because" },
      },
      functions: { run: () => 1 },
    });
    const arn = await workflow.start({ jobId: "j" });
    expect(await workflow.end(arn)).toMatchObject({ status: "FAILED", error: "Wrong", cause: "because" });
    const types = [
      "ExecutionStarted",
      "TaskStateEntered",
      "TaskScheduled",
      "TaskStarted",
      "TaskSucceeded",
      "TaskStateExited",
      "FailStateEntered",
      "ExecutionFailed",
    ];
    expect(workflow.history(arn)).toEqual(types);
    const { events, nextToken = "" } = await workflow.historyPage(arn, { maxResults: 3 });
    expect(events?.map(({ type }) => type)).toEqual(types.slice(0, 3));
    expect(events?.[1]).toMatchObject({
      id: 2,
      previousEventId: 1,
      stateEnteredEventDetails: { name: "Run", input: '{"jobId":"j"}' },
    });
    const rest = await workflow.historyPage(arn, { maxResults: 5, nextToken });
    expect(rest.events?.map(({ type }) => type)).toEqual(types.slice(3));
    expect(rest.nextToken).toBeUndefined();
    const [last] = (await workflow.historyPage(arn, { reverseOrder: true })).events ?? [];
    expect(last).toMatchObject({ executionFailedEventDetails: { error: "Wrong", cause: "because" } });
  });
});

type Workflow = Awaited<ReturnType<typeof localWorkflow>>;

test.each<[string, string, (workflow: Workflow) => Promise<unknown>]>([
  [
    "starts a missing state machine",
    "StateMachineDoesNotExist",
    ({ startRaw }) => startRaw({ stateMachineArn: stateMachineArn.replace(/jobs$/, "other") }),
  ],
  ["starts with text that is no JSON", "InvalidExecutionInput", ({ startRaw }) => startRaw({ input: "{" })],
  ["starts with a space in the name", "InvalidName", ({ startRaw }) => startRaw({ name: "a b" })],
  ["reads a missing execution", "ExecutionDoesNotExist", ({ describe }) => describe("arn:none")],
  ["stops a missing execution", "ExecutionDoesNotExist", ({ stop }) => stop("arn:none")],
])("A request that %s is refused with %s", async (_, name, request) => {
  await expect(request(await localWorkflow({ states: runs }))).rejects.toMatchObject({ name });
});

describe("StopExecution", () => {
  test("during a Wait ends the execution once, and no function runs", async () => {
    const workflow = await localWorkflow({ states: waits, timeScale: 1 });
    const arn = await workflow.start();
    const { stopDate } = await workflow.stop(arn, "cancelled");
    expect(await workflow.describe(arn)).toMatchObject({ status: "ABORTED", cause: "cancelled" });
    await aMoment();
    expect(workflow.calls).toEqual([]);
    expect(workflow.history(arn).at(-1)).toBe("ExecutionAborted");
    expect(await workflow.stop(arn)).toMatchObject({ stopDate });
  });

  const caught = { Catch: [{ ErrorEquals: ["States.ALL"], Next: "Other" }] };
  const Other = invokeTask("other", { End: true });

  test("during the pause before a retry prevents the retry, and no Catch sees it", async () => {
    const Retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 3600 }];
    const workflow = await localWorkflow({
      timeScale: 1,
      states: { Run: invokeTask("run", { Retry, ...caught, End: true }), Other },
      functions: { run: failing("Down", "down") },
    });
    const arn = await workflow.start();
    await expect.poll(() => workflow.history(arn)).toContain("TaskFailed");
    await workflow.stop(arn);
    await aMoment();
    expect(workflow.calls).toHaveLength(1);
    expect(await workflow.end(arn)).toMatchObject({ status: "ABORTED" });
  });

  test("during a callback ends its token, and no Catch sees it", async () => {
    const workflow = await localWorkflow({
      timeScale: 1,
      states: { Ask: callbackTask("ask", caught), Other },
    });
    const arn = await workflow.start();
    const token = await tokenFrom(workflow);
    await workflow.stop(arn);
    await aMoment();
    await expect(workflow.succeed(token, {})).rejects.toMatchObject({ name: "TaskDoesNotExist" });
    expect(workflow.calls).toHaveLength(1);
    expect((await workflow.describe(arn)).status).toBe("ABORTED");
  });

  test("while a function runs ignores what the function returns", async () => {
    const returned = Promise.withResolvers<number>();
    const workflow = await localWorkflow({
      states: { Run: invokeTask("run", { Next: "Other" }), Other },
      functions: { run: () => returned.promise },
    });
    const arn = await workflow.start();
    await workflow.called("run");
    await workflow.stop(arn);
    returned.resolve(1);
    await aMoment();
    expect(workflow.calls).toHaveLength(1);
    expect((await workflow.describe(arn)).output).toBeUndefined();
  });
});

async function tokenFrom(workflow: Workflow, times = 1): Promise<string> {
  return Object.assign({ token: "" }, await workflow.called("ask", times)).token;
}

describe("With a file of executions,", () => {
  let executionsFile: string;
  beforeEach(async () => {
    const directory = await mkdtemp(join(tmpdir(), "executions-"));
    executionsFile = join(directory, "new", "executions.jsonl");
    onTestFinished(() => rm(directory, { recursive: true }));
  });

  const start = () =>
    localWorkflow({
      states: { Open: invokeTask("open", { ResultPath: null, Next: "Ask" }), Ask: callbackTask("ask") },
      executionsFile,
      timeScale: 1,
    });

  test("a restart runs an unfinished execution from its first state, and no other one", async () => {
    const before = await start();
    const finished = await before.start({}, "finished");
    await before.succeed(await tokenFrom(before), 1);
    await before.end(finished);
    const stopped = await before.start({}, "stopped");
    await tokenFrom(before, 2);
    await before.stop(stopped);
    const unfinished = await before.start({ jobId: "j" }, "unfinished");
    const oldToken = await tokenFrom(before, 3);
    const { startDate } = await before.describe(unfinished);
    await before.close();

    const after = await start();
    expect(await after.describe(finished)).toMatchObject({ status: "SUCCEEDED", output: "1" });
    expect(await after.describe(stopped)).toMatchObject({ status: "ABORTED" });
    expect(await after.describe(unfinished)).toMatchObject({ status: "RUNNING", startDate });
    await expect(after.start({}, "finished")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    expect(await after.start({ jobId: "j" }, "unfinished")).toBe(unfinished);
    expect(after.calls).toEqual([]);

    after.resume();
    after.resume();
    const token = await tokenFrom(after);
    expect(after.calls.map(({ functionName }) => functionName)).toEqual(["open", "ask"]);
    expect(after.calls[0]?.payload).toEqual({ jobId: "j" });
    await expect(after.succeed(oldToken, 2)).rejects.toMatchObject({ name: "TaskDoesNotExist" });
    await after.succeed(token, 2);
    expect(await after.end(unfinished)).toMatchObject({ status: "SUCCEEDED", output: 2 });
  });

  test("an execution that is stopped before it is resumed stays stopped", async () => {
    const before = await start();
    const arn = await before.start();
    await before.close();
    const after = await start();
    await after.stop(arn);
    after.resume();
    await aMoment();
    expect(after.calls).toEqual([]);
  });

  test("a torn last line is ignored, and a broken line before it is refused", async () => {
    const before = await start();
    const arn = await before.start({}, "kept");
    await before.close();
    await appendFile(executionsFile, '{"ended":{"status":"SUCC');
    const after = await start();
    expect((await after.describe(arn)).status).toBe("RUNNING");
    const next = await after.start({}, "next");
    await after.close();
    const last = await start();
    expect((await last.describe(next)).status).toBe("RUNNING");
    await last.close();
    await writeFile(executionsFile, `{"broken"\n${await readFile(executionsFile, "utf8")}`);
    await expect(start()).rejects.toThrow(/executions\.jsonl:1 is not a line of an execution log/);
  });

  test("the last 2,000 executions that ended stay in memory and in the file", async () => {
    const names = Array.from({ length: 2_001 }, (_, index) => `job-${index}`);
    const lines = names.flatMap((name) => {
      const executionArn = `${stateMachineArn.replace("stateMachine", "execution")}:${name}`;
      const started = { executionArn, stateMachineArn, name, input: "{}", startDate: 1 };
      return [{ started }, { ended: { status: "SUCCEEDED", stopDate: 2 }, executionArn }];
    });
    await mkdir(dirname(executionsFile));
    await writeFile(executionsFile, lines.map((line) => `${JSON.stringify(line)}\n`).join(""));

    const workflow = await start();
    expect((await readFile(executionsFile, "utf8")).split("\n")).toHaveLength(4_001);
    await expect(workflow.start({}, "job-1")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
    const again = await workflow.start({}, "job-0");
    await workflow.stop(again);
    const replaced = await workflow.start({}, "job-1");
    expect((await workflow.describe(replaced)).status).toBe("RUNNING");
    expect((await workflow.describe(again)).status).toBe("ABORTED");
  });

  test("a start is written before it is answered", async () => {
    await (await start()).start({}, "job-1");
    expect(await readFile(executionsFile, "utf8")).toContain('"name":"job-1"');
  });

  test("closing waits for no execution, and records the end of none", async () => {
    const workflow = await start();
    await Promise.all(Array.from({ length: 50 }, () => workflow.start()));
    await workflow.close();
    expect(await readFile(executionsFile, "utf8")).not.toContain('"ended"');
  });
});

test("Closing leaves no timer: the process ends by itself", async () => {
  const module = join(import.meta.dirname, "../../../infra/local/step-functions/step-functions-endpoint.ts");
  const Retry = [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 900 }];
  const definitions = [
    { Wait: { Type: "Wait", Seconds: 9_000, End: true } },
    { Open: invokeTask("open", { Retry, End: true }) },
    { Ask: callbackTask("ask", { TimeoutSeconds: 900 }) },
  ].map((States) => ({ StartAt: Object.keys(States)[0], TimeoutSeconds: 9_000, States }));
  const script = `
    const { startStepFunctions } = await import(${JSON.stringify(module)});
    const invoke = async (arn) => { if (arn.endsWith("open")) throw new Error("down"); };
    const definitions = ${JSON.stringify(definitions)};
    const stateMachines = definitions.map((definition, index) => ({ arn: "machine" + index, definition, invoke }));
    const endpoint = await startStepFunctions({ stateMachines });
    const headers = { "x-amz-target": "AWSStepFunctions.StartExecution" };
    for (const { arn } of stateMachines) {
      const body = JSON.stringify({ stateMachineArn: arn });
      await fetch(endpoint.url, { method: "POST", headers, body });
    }
    await endpoint.close();
    console.log("closed");`;
  // Long before the first of the timers, and long after the end on a slow machine.
  const child = spawn(process.execPath, ["--input-type=module", "-e", script], { timeout: 600_000 });
  const printed = text(child.stdout);
  const [exitCode] = await once(child, "exit");
  expect([exitCode, await printed]).toEqual([0, "closed\n"]);
});
