import { randomUUID } from "node:crypto";
import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { Executions } from "../../functions/jobs/domain/ports.ts";
import { executionName, sfnExecutions } from "../../functions/jobs/store/executions.ts";
import {
  type LocalStepFunctions,
  startStepFunctions,
} from "../../infra/local/step-functions/step-functions-endpoint.ts";
import { fakeExecutions } from "../support/fake-ports.ts";
import { sdkSettings } from "../support/local-workflow.ts";

const MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:jobs";
const EXECUTIONS = "arn:aws:states:us-east-1:000000000000:execution:jobs";

/** Works for longer than any test, unless the job is one that is over at once. */
const definition = {
  StartAt: "Work",
  States: {
    Work: { Type: "Task", Resource: "arn:aws:lambda:us-east-1:000000000000:function:work", End: true },
  },
};
const invoke = async (_: string, payload: unknown) =>
  JSON.stringify(payload).includes("over-") ? {} : new Promise(() => undefined);

let endpoint: LocalStepFunctions;
let client: SFNClient;
beforeAll(async () => {
  endpoint = await startStepFunctions({ stateMachines: [{ arn: MACHINE, definition, invoke }] });
  client = new SFNClient(sdkSettings(endpoint.url));
});
afterAll(async () => {
  client.destroy();
  await endpoint.close();
});

type Started = Pick<Job, "id" | "generation">;

interface Machine {
  executions: Executions;
  /** A job whose execution was started and has ended by itself. */
  ended(): Promise<Started>;
  /** How often the execution was begun. */
  begun(job: Started): number;
}

function inMemory(): Machine {
  const executions = fakeExecutions();
  return {
    executions,
    ended: async () => {
      const job = { id: randomUUID() };
      await executions.start(job);
      executions.states.set(executionName(job), "ended");
      return job;
    },
    begun: ({ id }) => executions.started.filter((started) => started === id).length,
  };
}

function onStepFunctions(): Machine {
  const executions = sfnExecutions(client, MACHINE);
  return {
    executions,
    ended: async () => {
      const job = { id: `over-${randomUUID()}` };
      await executions.start(job);
      await expect.poll(() => executions.state(job), { interval: 5, timeout: 20_000 }).toBe("ended");
      return job;
    },
    begun: (job) =>
      endpoint
        .history(`${EXECUTIONS}:${executionName(job)}`)
        .filter(({ type }) => type === "ExecutionStarted").length,
  };
}

const IMPLEMENTATIONS: [string, () => Machine][] = [
  ["in memory", inMemory],
  ["on Step Functions", onStepFunctions],
];

describe.each(IMPLEMENTATIONS)("an execution %s", (_, make) => {
  test("is missing until it is started, and runs from then on", async () => {
    const [{ executions }, job] = [make(), { id: randomUUID() }];
    expect(await executions.state(job)).toBe("missing");
    await executions.start(job);
    expect(await executions.state(job)).toBe("running");
  });

  test("that is started again while it runs is begun once", async () => {
    const [{ executions, begun }, job] = [make(), { id: randomUUID() }];
    await executions.start(job);
    await executions.start({ ...job, generation: 1 });
    expect([begun(job), await executions.state(job)]).toEqual([1, "running"]);
  });

  test("has ended when its work is done, and is not begun again", async () => {
    const { executions, ended, begun } = make();
    const job = await ended();
    expect(await executions.state(job)).toBe("ended");
    await executions.start(job);
    expect([begun(job), await executions.state(job)]).toEqual([1, "ended"]);
  });

  test("has ended when it was stopped, may be stopped again, and is not begun again", async () => {
    const [{ executions, begun }, job] = [make(), { id: randomUUID() }];
    await executions.start(job);
    await executions.stop(job);
    await executions.stop(job);
    expect(await executions.state(job)).toBe("ended");
    await executions.start(job);
    expect([begun(job), await executions.state(job)]).toEqual([1, "ended"]);
  });

  test("that was never started may be stopped, and started later", async () => {
    const [{ executions }, job] = [make(), { id: randomUUID() }];
    await executions.stop(job);
    expect(await executions.state(job)).toBe("missing");
    await executions.start(job);
    expect(await executions.state(job)).toBe("running");
  });

  test("of another generation is another one", async () => {
    const [{ executions }, job] = [make(), { id: randomUUID() }];
    const second = { ...job, generation: 2 };
    await executions.start(job);
    await executions.stop(job);
    expect(await executions.state(second)).toBe("missing");
    await executions.start(second);
    expect(await executions.state({ ...job, generation: 1 })).toBe("ended");
    expect(await executions.state(second)).toBe("running");
  });
});
