import { randomUUID } from "node:crypto";
import { SFNClient } from "@aws-sdk/client-sfn";
import { afterAll, describe, expect, onTestFinished, test } from "vitest";
import { parse, safeParse } from "zod/v4/core";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { Executions, Waker } from "../../functions/jobs/domain/ports.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { executionName, sfnExecutions, sfnWaker } from "../../functions/jobs/store/executions.ts";
import {
  askInput,
  followOutput,
  giveUpInput,
  jobInput,
  jobOutput,
} from "../../functions/jobs/workflow/handlers.ts";
import { AwsError, startAwsJsonEndpoint } from "../../infra/local/aws/aws-json-endpoint.ts";
import { startStepFunctions } from "../../infra/local/step-functions/step-functions-endpoint.ts";
import { fakeExecutions, fakeWaker } from "../support/fake-ports.ts";
import { JOB_ID, jobOf } from "../support/job-examples.ts";
import { callbackTask, localWorkflow, sdkSettings } from "../support/local-workflow.ts";

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

const endpoint = await startStepFunctions({ stateMachines: [{ arn: MACHINE, definition, invoke }] });
const client = new SFNClient(sdkSettings(endpoint.url));
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

function executionsInMemory(): Machine {
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

function executionsOnStepFunctions(): Machine {
  const executions = sfnExecutions(client, MACHINE);
  return {
    executions,
    ended: async () => {
      const job = { id: `over-${randomUUID()}` };
      await executions.start(job);
      await expect.poll(() => executions.state(job), { interval: 5 }).toBe("ended");
      return job;
    },
    begun: (job) =>
      endpoint
        .history(`${EXECUTIONS}:${executionName(job)}`)
        .filter(({ type }) => type === "ExecutionStarted").length,
  };
}

const MACHINES: [string, () => Machine][] = [
  ["in memory", executionsInMemory],
  ["on Step Functions", executionsOnStepFunctions],
];

describe.each(MACHINES)("an execution %s", (_, make) => {
  test("that is started again while it runs is begun once", async () => {
    const [{ executions, begun }, job] = [make(), { id: randomUUID() }];
    expect(await executions.state(job)).toBe("missing");
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

interface Sleep {
  waker: Waker;
  /** A workflow that waits: its token, and the input that wakes it. */
  wait(): Promise<{ token: string; woken(): Promise<unknown> }>;
  /** The token of a workflow that was stopped. */
  overToken(): Promise<string>;
}

async function wakerInMemory(): Promise<Sleep> {
  const waker = fakeWaker();
  return {
    waker,
    wait: async () => {
      const token = randomUUID();
      return { token, woken: async () => ({ challengeNumber: waker.received.get(token) }) };
    },
    overToken: async () => randomUUID(),
  };
}

async function wakerOnStepFunctions(): Promise<Sleep> {
  const workflow = await localWorkflow({
    states: { Ask: callbackTask("ask") },
  });
  let started = 0;
  async function start() {
    const arn = await workflow.start();
    const payload = await workflow.called("ask", ++started);
    return { arn, token: String(Reflect.get(Object(payload), "token")) };
  }
  return {
    waker: sfnWaker(workflow.client),
    wait: async () => {
      const { arn, token } = await start();
      return { token, woken: async () => (await workflow.end(arn)).output };
    },
    overToken: async () => {
      const { arn, token } = await start();
      await workflow.stop(arn);
      return token;
    },
  };
}

const WAKERS: [string, () => Promise<Sleep>][] = [
  ["in memory", wakerInMemory],
  ["on Step Functions", wakerOnStepFunctions],
];

describe.each(WAKERS)("a waker %s", (_, make) => {
  test("wakes the workflow of the token, and no other one, with the number of the challenge", async () => {
    const { waker, wait } = await make();
    const [one, other] = [await wait(), await wait()];
    await waker.wake(new Secret(other.token), 2);
    await waker.wake(new Secret(one.token), 1);
    expect(await one.woken()).toEqual({ challengeNumber: 1 });
    expect(await other.woken()).toEqual({ challengeNumber: 2 });
  });

  test("that is called again changes nothing, and it is no error", async () => {
    const { waker, wait } = await make();
    const { token, woken } = await wait();
    await waker.wake(new Secret(token), 1);
    await waker.wake(new Secret(token), 2);
    expect(await woken()).toEqual({ challengeNumber: 1 });
  });

  test("takes the token of a workflow that is over, or of none, without an error", async () => {
    const { waker, overToken } = await make();
    await expect(waker.wake(new Secret(await overToken()), 1)).resolves.toBeUndefined();
    await expect(waker.wake(new Secret("no token"), 1)).resolves.toBeUndefined();
  });
});

describe("a call of Step Functions", () => {
  /** Step Functions that keeps each input, and fails when a failure is given. */
  async function stepFunctions(failure?: string) {
    const inputs: unknown[] = [];
    const operation = (reply: object) => async (input: unknown) => {
      inputs.push(input);
      if (failure !== undefined) throw new AwsError(failure, "no");
      return reply;
    };
    const recording = await startAwsJsonEndpoint({
      targetPrefix: "AWSStepFunctions",
      operations: {
        StartExecution: operation({ executionArn: "arn", startDate: 1 }),
        SendTaskSuccess: operation({}),
        DescribeExecution: operation({}),
        StopExecution: operation({}),
      },
    });
    const sdk = new SFNClient({ ...sdkSettings(recording.url), maxAttempts: 1 });
    onTestFinished(async () => {
      sdk.destroy();
      await recording.close();
    });
    return { executions: sfnExecutions(sdk, MACHINE), waker: sfnWaker(sdk), inputs };
  }

  test("sends nothing but the job's id and the challenge's number", async () => {
    const { executions, waker, inputs } = await stepFunctions();
    await executions.start({ id: JOB_ID });
    await waker.wake(new Secret("token"), 2);
    expect(inputs).toEqual([
      { stateMachineArn: MACHINE, name: `${JOB_ID}-1`, input: JSON.stringify({ jobId: JOB_ID }) },
      { taskToken: "token", output: '{"challengeNumber":2}' },
    ]);
  });

  test("that reports an execution or a token as past is no error", async () => {
    const { executions } = await stepFunctions("ExecutionAlreadyExists");
    await expect(executions.start({ id: JOB_ID })).resolves.toBeUndefined();
    for (const failure of ["TaskTimedOut", "TaskDoesNotExist", "InvalidToken"]) {
      const { waker } = await stepFunctions(failure);
      await expect(waker.wake(new Secret("token"), 1)).resolves.toBeUndefined();
    }
  });

  test("that has ended counts as stopped where Step Functions refuses to stop it", async () => {
    const { executions } = await stepFunctions("ValidationException");
    await expect(executions.stop({ id: JOB_ID })).resolves.toBeUndefined();
    await expect(executions.start({ id: JOB_ID })).rejects.toMatchObject({ name: "ValidationException" });
  });

  test.each(["StateMachineDoesNotExist", "ExecutionLimitExceeded", "ThrottlingException", "InvalidOutput"])(
    "that fails with %s is an error",
    async (name) => {
      const { executions, waker } = await stepFunctions(name);
      for (const call of ["start", "state", "stop"] as const) {
        await expect(executions[call]({ id: JOB_ID })).rejects.toMatchObject({ name });
      }
      await expect(waker.wake(new Secret("token"), 1)).rejects.toMatchObject({ name });
    },
  );
});

describe("a payload of the workflow", () => {
  test("loses everything but the job's id and small facts", () => {
    const more = { jobId: JOB_ID, password: "hooli2016", job: jobOf() };
    expect(parse(jobOutput, more)).toEqual({ jobId: JOB_ID });
    expect(parse(jobInput, more)).toEqual({ jobId: JOB_ID });
    const followed = { jobId: JOB_ID, next: "hold", waitSeconds: 7259 };
    expect(parse(followOutput, { ...more, ...followed, reason: "x" })).toEqual(followed);
    expect(parse(giveUpInput, { ...more, failure: "X" })).toEqual({ jobId: JOB_ID, failure: "X" });
  });

  test("carries the task token as a secret", () => {
    const { taskToken } = parse(askInput, { jobId: JOB_ID, taskToken: "token-text" });
    expect([String(taskToken), taskToken.reveal()]).toEqual(["[secret]", "token-text"]);
  });

  test.each([{}, { jobId: "1" }, { jobId: 5 }, null])("is not %j", (input) => {
    expect(safeParse(jobInput, input).success).toBe(false);
  });
});
