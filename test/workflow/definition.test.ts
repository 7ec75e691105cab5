import { expect, test } from "vitest";
import { QUEUE_LIMIT_SECONDS } from "../../functions/jobs/domain/queue.ts";
import { deployedWorkflow } from "./deployed-workflow.ts";

const DAY = 24 * 3600;
const { definition, entries } = deployedWorkflow();
const states = Object.entries(definition.States);

test("an execution may take longer than the queue, by two days", () => {
  expect(definition.TimeoutSeconds).toBe(QUEUE_LIMIT_SECONDS + 2 * DAY);
  expect(QUEUE_LIMIT_SECONDS).toBe(7 * DAY);
});

test("the queue makes an attempt every two hours, 84 times, at one pace", () => {
  const queue = states.flatMap(([name, { Retry }]) =>
    Retry.filter(({ ErrorEquals }) => ErrorEquals.includes("InstitutionUnavailable")).map((rule) => [
      name,
      rule,
    ]),
  );
  const atOnePace = { IntervalSeconds: 7200, MaxAttempts: 84, BackoffRate: 1 };
  expect(queue).toEqual([["Open the connection", { ErrorEquals: ["InstitutionUnavailable"], ...atOnePace }]]);
});

test("what is left of a wait for the next attempt, and the first one, are waited for as the job's function says", () => {
  const secondsPath = { Type: "Wait", SecondsPath: "$.waitSeconds" };
  expect(definition.States["Hold for the next attempt"]).toMatchObject(secondsPath);
  expect(definition.States["Wait for the bank"]).toMatchObject(secondsPath);
});

test("giving up is tried for about a day, whatever goes wrong, and before the execution is timed out", () => {
  const last = definition.States["Give up"]?.Retry.at(-1);
  expect(last?.ErrorEquals).toEqual(["States.ALL"]);
  const { IntervalSeconds = 0, BackoffRate = 1, MaxAttempts = 0, MaxDelaySeconds = 0 } = last ?? {};
  const delays = Array.from({ length: MaxAttempts }, (_, index) =>
    Math.min(IntervalSeconds * BackoffRate ** index, MaxDelaySeconds),
  );
  const total = delays.reduce((sum, delay) => sum + delay, 0);
  expect(total).toBeGreaterThan(0.9 * DAY);
  expect(QUEUE_LIMIT_SECONDS + total).toBeLessThan(definition.TimeoutSeconds);
});

test("every Task but the last one ends in giving up, whatever went wrong", () => {
  const tasks = states.filter(([, { Type }]) => Type === "Task");
  expect(tasks.map(([name]) => name).toSorted()).toEqual([
    "Ask for the answer",
    "Follow the job",
    "Give up",
    "Open the connection",
    "Send the answer",
  ]);
  for (const [name, { Catch }] of tasks.filter(([name]) => name !== "Give up")) {
    expect([name, Catch.at(-1)]).toEqual([name, { ErrorEquals: ["States.ALL"], Next: "Give up" }]);
  }
});

test("payloads name the job and small facts, each by a path", () => {
  const parameters = states.flatMap(([name, state]) => {
    const given = state["Parameters"];
    return given === undefined ? [] : [[name, given]];
  });
  expect(Object.fromEntries(parameters)).toEqual({
    "Open the connection": { "jobId.$": "$.jobId" },
    "Follow the job": { "jobId.$": "$.jobId" },
    "Ask for the answer": {
      FunctionName: expect.stringContaining("AskForAnswer"),
      Payload: { "jobId.$": "$.jobId", "taskToken.$": "$$.Task.Token" },
    },
    "Send the answer": { "jobId.$": "$.jobId" },
    "Give up": { "jobId.$": "$.jobId", "failure.$": "$.failure.Error" },
  });
});

test("every Task calls the function of its name", () => {
  const called = states
    .filter(([, { Type }]) => Type === "Task")
    .map(([name, state]) => {
      const [arn = ""] = /arn:aws:lambda:[\w:-]+/.exec(JSON.stringify(state)) ?? [];
      return [name, entries.get(arn)];
    });
  expect(Object.fromEntries(called)).toEqual({
    "Open the connection": "open-connection",
    "Follow the job": "follow-job",
    "Ask for the answer": "ask-for-answer",
    "Send the answer": "send-answer",
    "Give up": "give-up",
  });
});
