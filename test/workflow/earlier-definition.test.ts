import { afterEach, expect, test, vi } from "vitest";
import * as z from "zod";
import { deployedWorkflow, workflowEndpoint } from "./deployed-workflow.ts";
import { ASK, FOLLOW, OPEN, OVER, SAID, SEND } from "./scenario.ts";
import { statesOf } from "./transitions-of.ts";
import { useCaseTasks } from "./use-case-tasks.ts";

vi.stubEnv("LOG_LEVEL", "error");

const source = z.looseObject({ States: z.record(z.string(), z.looseObject({})) });

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** As it was when opening and sending did not follow a job yet: an execution keeps the definition that it began with. */
function earlierWorkflow() {
  const today = deployedWorkflow();
  const { States, ...rest } = source.parse(today.source);
  const thenFollow = (name: string) => ({ [name]: { ...States[name], Next: FOLLOW } });
  return { ...today, source: { ...rest, States: { ...States, ...thenFollow(OPEN), ...thenFollow(SEND) } } };
}

test.each([
  ["a plain job", {}, [OPEN, FOLLOW, SAID, OVER]],
  ["a job with a challenge", { asks: true }, [OPEN, FOLLOW, SAID, ASK, SEND, FOLLOW, SAID, OVER]],
])(
  "%s that began under the definition before this one ends well with today's functions",
  async (_, bank, states) => {
    const endpoint = await workflowEndpoint(earlierWorkflow(), 10);
    closers.push(endpoint.close);
    const tasks = useCaseTasks(endpoint, bank);
    const { id } = await tasks.accept();
    const run = await endpoint.run(id, tasks.invoke);
    expect([run.status, statesOf(run.history)]).toEqual(["Succeeded", states]);
    expect(tasks.jobs.row(id)).toMatchObject({ phase: "succeeded" });
    expect(tasks.logins).toHaveLength(1);
  },
);
