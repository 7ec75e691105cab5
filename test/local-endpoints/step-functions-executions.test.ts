import { expect, test } from "vitest";
import { callbackTask, invokeTask, localWorkflow, namedError } from "./local-workflow.ts";

const waits = {
  StartAt: "Wait",
  States: { Wait: { Type: "Wait", Seconds: 86_400, Next: "Run" }, Run: invokeTask("run", { End: true }) },
};
const runs = { StartAt: "Run", States: { Run: invokeTask("run", { OutputPath: "$.Payload", End: true }) } };

/** Long enough for a wrong step to be taken. */
const aMoment = () => new Promise((resolve) => setTimeout(resolve, 30));

test("starts once by name and input", async () => {
  const workflow = await localWorkflow({ definition: waits, timeScale: 1 });
  const request = { name: "job-1", input: '{"jobId":"j"}' };
  const started = await Promise.all(Array.from({ length: 10 }, () => workflow.startRaw(request)));
  expect(new Set(started.map(({ executionArn }) => executionArn)).size).toBe(1);
  expect(new Set(started.map(({ startDate }) => startDate?.getTime())).size).toBe(1);
  await expect(workflow.startRaw({ ...request, input: "{}" })).rejects.toMatchObject({
    name: "ExecutionAlreadyExists",
  });
});

test("refuses the name of an execution that is over", async () => {
  const workflow = await localWorkflow({ definition: runs, functions: { run: () => 1 } });
  const arn = await workflow.start({}, "job-1");
  expect(await workflow.end(arn)).toMatchObject({ status: "SUCCEEDED", output: 1 });
  await expect(workflow.start({}, "job-1")).rejects.toMatchObject({ name: "ExecutionAlreadyExists" });
  expect(workflow.calls).toHaveLength(1);
});

test("names what is wrong with a request", async () => {
  const workflow = await localWorkflow({ definition: runs });
  const unknown = "arn:aws:states:us-east-1:000000000000:stateMachine:other";
  await expect(workflow.startRaw({ stateMachineArn: unknown })).rejects.toMatchObject({
    name: "StateMachineDoesNotExist",
  });
  await expect(workflow.startRaw({ input: "{" })).rejects.toMatchObject({ name: "InvalidExecutionInput" });
  await expect(workflow.startRaw({ name: "a b" })).rejects.toMatchObject({ name: "InvalidName" });
  await expect(workflow.describe("arn:none")).rejects.toMatchObject({ name: "ExecutionDoesNotExist" });
  await expect(workflow.stop("arn:none")).rejects.toMatchObject({ name: "ExecutionDoesNotExist" });
});

test("stops during a wait: nothing runs after it", async () => {
  const workflow = await localWorkflow({ definition: waits, timeScale: 1 });
  const arn = await workflow.start();
  await workflow.stop(arn, "cancelled");
  expect(await workflow.describe(arn)).toMatchObject({ status: "ABORTED", cause: "cancelled" });
  await aMoment();
  expect(workflow.calls).toEqual([]);
  expect(workflow.history(arn).at(-1)).toBe("ExecutionAborted");
  const first = await workflow.stop(arn);
  expect(await workflow.stop(arn)).toMatchObject({ stopDate: first.stopDate });
});

test("stops during the sleep before a retry: the function is not called again", async () => {
  const caught = { Catch: [{ ErrorEquals: ["States.ALL"], Next: "Other" }] };
  const retried = { Retry: [{ ErrorEquals: ["States.ALL"], IntervalSeconds: 3600 }] };
  const workflow = await localWorkflow({
    timeScale: 1,
    definition: {
      StartAt: "Run",
      States: {
        Run: invokeTask("run", { ...retried, ...caught, End: true }),
        Other: invokeTask("other", { End: true }),
      },
    },
    functions: {
      run: () => {
        throw namedError("Down", "down");
      },
    },
  });
  const arn = await workflow.start();
  await expect.poll(() => workflow.history(arn), { timeout: 20_000 }).toContain("TaskFailed");
  await workflow.stop(arn);
  await aMoment();
  expect(workflow.calls).toHaveLength(1);
  expect(await workflow.end(arn)).toMatchObject({ status: "ABORTED" });
});

test("stops during a callback: its token is over", async () => {
  const Ask = callbackTask("ask", { Catch: [{ ErrorEquals: ["States.ALL"], Next: "Run" }] });
  const workflow = await localWorkflow({
    timeScale: 1,
    definition: { StartAt: "Ask", States: { Ask, Run: invokeTask("run", { End: true }) } },
  });
  const arn = await workflow.start();
  const asked = await workflow.called("ask");
  const { token } = Object.assign({ token: "" }, asked);
  await workflow.stop(arn);
  await aMoment();
  await expect(workflow.succeed(token, {})).rejects.toMatchObject({ name: "TaskDoesNotExist" });
  expect(workflow.calls).toHaveLength(1);
  expect((await workflow.describe(arn)).status).toBe("ABORTED");
});

test("stops while a function runs: what it returns is not looked at", async () => {
  const returned = Promise.withResolvers<number>();
  const workflow = await localWorkflow({
    definition: {
      StartAt: "Run",
      States: { Run: invokeTask("run", { Next: "Then" }), Then: invokeTask("then", { End: true }) },
    },
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

test("tells the history in the order of AWS, by pages and backwards", async () => {
  const workflow = await localWorkflow({
    definition: {
      StartAt: "Run",
      States: {
        Run: invokeTask("run", { ResultPath: "$.run", Next: "End" }),
        End: { Type: "Fail", Error: "Wrong", Cause: "because" },
      },
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
  const { events, nextToken } = await workflow.historyPage(arn, { maxResults: 3 });
  expect(events?.map(({ type }) => type)).toEqual(types.slice(0, 3));
  expect(events?.[1]).toMatchObject({
    id: 2,
    previousEventId: 1,
    stateEnteredEventDetails: { name: "Run", input: '{"jobId":"j"}' },
  });
  const rest = await workflow.historyPage(arn, {
    maxResults: 5,
    ...(nextToken !== undefined && { nextToken }),
  });
  expect(rest.events?.map(({ type }) => type)).toEqual(types.slice(3));
  expect(rest.nextToken).toBeUndefined();
  const [last] = (await workflow.historyPage(arn, { reverseOrder: true })).events ?? [];
  expect(last).toMatchObject({ executionFailedEventDetails: { error: "Wrong", cause: "because" } });
});
