import { expect, test } from "vitest";
import { replaceExecution, stopExecutions } from "../../../functions/jobs/use-cases/replace-execution.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { jobOf } from "../../support/job-examples.ts";
import { nameOf } from "../../support/use-case-worlds.ts";

/** Executions of the generations up to the latest, all of which run: whoever was to replace them died. */
function allRunning(latest: number) {
  const ports = fakePorts();
  for (let generation = 1; generation <= latest; generation++) {
    ports.executions.states.set(nameOf(generation), "running");
  }
  const calls: string[] = [];
  const { start, stop } = ports.executions;
  ports.executions.start = (job) => start(job).then(() => void calls.push(`start ${job.generation}`));
  ports.executions.stop = (job) => stop(job).then(() => void calls.push(`stop ${job.generation}`));
  return { ports, calls };
}

test("three generations before the new one are stopped, the latest first, before it is started", async () => {
  const { ports, calls } = allRunning(4);
  await replaceExecution(ports, jobOf({ generation: 5 }));
  expect(calls).toEqual(["stop 4", "stop 3", "stop 2", "start 5"]);
  expect(ports.executions.states.get(nameOf(5))).toBe("running");
});

test.each([
  [1, ["start 1"]],
  [2, ["stop 1", "start 2"]],
  [3, ["stop 2", "stop 1", "start 3"]],
])("of generation %i as many as there were are", async (generation, expected) => {
  const { ports, calls } = allRunning(generation - 1);
  await replaceExecution(ports, jobOf({ generation }));
  expect(calls).toEqual(expected);
});

test("a job that is to be driven no more has its own stopped too, last of all", async () => {
  const { ports, calls } = allRunning(3);
  await stopExecutions(ports, jobOf({ generation: 3 }));
  expect(calls).toEqual(["stop 2", "stop 1", "stop 3"]);
  expect(new Set(ports.executions.states.values())).toEqual(new Set(["ended"]));
});
