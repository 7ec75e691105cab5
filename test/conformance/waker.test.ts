import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import type { Waker } from "../../functions/jobs/domain/ports.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { sfnWaker } from "../../functions/jobs/store/executions.ts";
import { fakeWaker } from "../support/fake-ports.ts";
import { callbackTask, localWorkflow } from "../support/local-workflow.ts";

/** A workflow that waits. */
interface Waiting {
  token: string;
  /** What wakes it. */
  woken(): Promise<unknown>;
}

interface Sleep {
  waker: Waker;
  wait(): Promise<Waiting>;
  /** The token of a workflow that was stopped. */
  overToken(): Promise<string>;
}

async function inMemory(): Promise<Sleep> {
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

async function onStepFunctions(): Promise<Sleep> {
  const workflow = await localWorkflow({ states: { Ask: callbackTask("ask") } });
  let started = 0;
  async function start() {
    const arn = await workflow.start();
    const payload = await workflow.called("ask", ++started);
    const token: unknown = Reflect.get(Object(payload), "token");
    return { arn, token: String(token) };
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

const IMPLEMENTATIONS: [string, () => Promise<Sleep>][] = [
  ["in memory", inMemory],
  ["on Step Functions", onStepFunctions],
];

describe.each(IMPLEMENTATIONS)("a waker %s", (_, make) => {
  test("wakes the workflow that waits with the number of the challenge", async () => {
    const { waker, wait } = await make();
    const { token, woken } = await wait();
    await waker.wake(new Secret(token), 2);
    expect(await woken()).toEqual({ challengeNumber: 2 });
  });

  test("that is called again changes nothing, and it is no error", async () => {
    const { waker, wait } = await make();
    const { token, woken } = await wait();
    await waker.wake(new Secret(token), 1);
    await waker.wake(new Secret(token), 2);
    expect(await woken()).toEqual({ challengeNumber: 1 });
  });

  test("wakes no other workflow", async () => {
    const { waker, wait } = await make();
    const [one, other] = [await wait(), await wait()];
    await waker.wake(new Secret(other.token), 2);
    await waker.wake(new Secret(one.token), 1);
    expect([await one.woken(), await other.woken()]).toEqual([
      { challengeNumber: 1 },
      { challengeNumber: 2 },
    ]);
  });

  test("takes the token of a workflow that is over, or of none, without an error", async () => {
    const { waker, overToken } = await make();
    await expect(waker.wake(new Secret(await overToken()), 1)).resolves.toBeUndefined();
    await expect(waker.wake(new Secret("no token"), 1)).resolves.toBeUndefined();
  });
});
