import { expect, onTestFinished, test, vi } from "vitest";
import * as z from "zod";
import { callbackTask, failing, localWorkflow } from "../../support/local-workflow.ts";

const withToken = z.object({ token: z.string() });
const asks = (fields: object = {}) => ({ Ask: callbackTask("ask", fields) });

async function tokenOf(workflow: Awaited<ReturnType<typeof localWorkflow>>, times = 1): Promise<string> {
  return withToken.parse(await workflow.called("ask", times)).token;
}

test("A callback goes on with its first answer, and refuses further ones", async () => {
  const workflow = await localWorkflow({ states: asks({ ResultPath: "$.answer" }) });
  const arn = await workflow.start({ jobId: "j" });
  const token = await tokenOf(workflow);
  const answers = await Promise.allSettled([1, 2, 3].map((number) => workflow.succeed(token, { number })));
  expect(answers.map(({ status }) => status).sort()).toEqual(["fulfilled", "rejected", "rejected"]);
  const number = answers.findIndex(({ status }) => status === "fulfilled") + 1;
  expect((await workflow.end(arn)).output).toEqual({ jobId: "j", answer: { number } });
  await expect(workflow.succeed(token, {})).rejects.toMatchObject({ name: "TaskDoesNotExist" });
  expect(workflow.calls).toHaveLength(1);
});

test("A callback takes an answer that comes before its function has returned", async () => {
  const returned = Promise.withResolvers<void>();
  const workflow = await localWorkflow({ states: asks(), functions: { ask: () => returned.promise } });
  const arn = await workflow.start();
  await workflow.succeed(await tokenOf(workflow), "early");
  expect((await workflow.end(arn)).output).toBe("early");
  returned.reject(new Error("late"));
});

test("A callback that is answered with a failure is retried with another token, and the old token is refused", async () => {
  const workflow = await localWorkflow({
    states: asks({ Retry: [{ ErrorEquals: ["AskAgain"], MaxAttempts: 1 }] }),
  });
  const arn = await workflow.start();
  const first = await tokenOf(workflow);
  await workflow.fail(first, "AskAgain", "please");
  const second = await tokenOf(workflow, 2);
  expect(second).not.toBe(first);
  await expect(workflow.fail(first, "AskAgain", "")).rejects.toMatchObject({ name: "TaskDoesNotExist" });
  await workflow.fail(second, "Refused", "no");
  expect(await workflow.end(arn)).toMatchObject({ status: "FAILED", error: "Refused", cause: "no" });
});

test("A callback whose function throws fails, and its token is refused", async () => {
  const workflow = await localWorkflow({
    states: asks(),
    functions: { ask: failing("StoreIsDown", "try later") },
  });
  expect(await workflow.run()).toMatchObject({
    status: "FAILED",
    error: "StoreIsDown",
  });
  const token = await tokenOf(workflow);
  await expect(workflow.succeed(token, {})).rejects.toMatchObject({ name: "TaskDoesNotExist" });
});

test("A callback times out by a path of the state's input, and its token is refused", async () => {
  const Catch = [{ ErrorEquals: ["States.Timeout"], ResultPath: "$.failure", Next: "Late" }];
  const Ask = callbackTask("ask", { TimeoutSecondsPath: "$.look.timeoutSeconds", Catch });
  const workflow = await localWorkflow({
    states: { Ask, Late: { Type: "Pass", End: true } },
  });
  const arn = await workflow.start({ look: { timeoutSeconds: 20 } });
  const end = await workflow.end(arn);
  expect(end).toMatchObject({ status: "SUCCEEDED", output: { failure: { Error: "States.Timeout" } } });
  const token = await tokenOf(workflow);
  await expect(workflow.succeed(token, {})).rejects.toMatchObject({ name: "TaskTimedOut" });
  await expect(workflow.fail(token, "Any", "")).rejects.toMatchObject({ name: "TaskTimedOut" });
});

test("A callback without a time-out may take weeks", async () => {
  const workflow = await localWorkflow({ states: asks(), timeScale: 1 });
  vi.useFakeTimers({ toFake: ["setTimeout"] });
  onTestFinished(() => void vi.useRealTimers());
  const arn = await workflow.start();
  const token = await tokenOf(workflow);
  await vi.advanceTimersByTimeAsync(20 * 24 * 3600 * 1000);
  await workflow.succeed(token, null);
  expect(await workflow.end(arn)).toMatchObject({ status: "SUCCEEDED", output: null });
});

test("A callback whose time-out is no whole number of seconds fails before it calls its function", async () => {
  const workflow = await localWorkflow({ states: asks({ TimeoutSecondsPath: "$.timeoutSeconds" }) });
  for (const timeoutSeconds of [0, 1.5, "60", null, undefined]) {
    const end = await workflow.run({ timeoutSeconds });
    expect(end).toMatchObject({ status: "FAILED", error: "States.Runtime" });
  }
  expect(workflow.calls).toEqual([]);
});

test("An answer is refused when its token is none, and when it is no JSON", async () => {
  const workflow = await localWorkflow({ states: asks() });
  await workflow.start();
  await expect(workflow.succeed("garbage", {})).rejects.toMatchObject({ name: "InvalidToken" });
  await expect(workflow.succeedRaw(await tokenOf(workflow), "{")).rejects.toMatchObject({
    name: "InvalidOutput",
  });
  await workflow.succeed(await tokenOf(workflow), {});
});

test("A token answers its own Task and no other", async () => {
  const workflow = await localWorkflow({ states: asks() });
  const arns = await Promise.all(Array.from({ length: 20 }, (_, index) => workflow.start({ index })));
  await workflow.called("ask", 20);
  const asked = z.array(z.object({ payload: withToken.extend({ input: z.object({ index: z.number() }) }) }));
  for (const { payload } of asked.parse(workflow.calls)) await workflow.succeed(payload.token, payload.input);
  const ends = await Promise.all(arns.map((arn) => workflow.end(arn)));
  expect(ends.map(({ output }) => output)).toEqual(arns.map((_, index) => ({ index })));
});
