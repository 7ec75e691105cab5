import { afterEach, expect, test, vi } from "vitest";
import * as z from "zod";
import { parseDefinition } from "./definition.ts";
import { deployedWorkflow, workflowEndpoint } from "./deployed-workflow.ts";
import { ASK, FOLLOW, HOLD, OPEN, OVER, SAID, SEND } from "./scenario.ts";
import { statesOf } from "./transitions-of.ts";
import { useCaseTasks } from "./use-case-tasks.ts";

vi.stubEnv("LOG_LEVEL", "error");

const source = z.looseObject({ States: z.record(z.string(), z.looseObject({})) });

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** An execution keeps the definition that it began with. */
function earlierWorkflow(earlier: { readonly [state: string]: object }) {
  const today = deployedWorkflow();
  const { States, ...rest } = source.parse(today.source);
  const theirs = Object.fromEntries(
    Object.entries(earlier).map(([name, fields]) => [name, { ...States[name], ...fields }]),
  );
  const definition: unknown = JSON.parse(JSON.stringify({ ...rest, States: { ...States, ...theirs } }));
  return { ...today, source: definition, definition: parseDefinition(definition) };
}

const WHEN_OTHERS_FOLLOWED = { [OPEN]: { Next: FOLLOW }, [SEND]: { Next: FOLLOW } };
const WHEN_A_HOLD_WAS_OF_ONE_LENGTH = {
  [HOLD]: { SecondsPath: undefined, Seconds: 7200 },
  [SAID]: {
    Choices: [
      { Variable: "$.next", IsPresent: false, Next: FOLLOW },
      { Variable: "$.next", StringEquals: "done", Next: OVER },
      { Variable: "$.next", StringEquals: "ask", Next: ASK },
      { Variable: "$.next", StringEquals: "hold", Next: HOLD },
    ],
  },
};
const TWO_HOURS_MS = 7200 * 1000;

test.each([
  ["a plain job", WHEN_OTHERS_FOLLOWED, 10, {}, [OPEN, FOLLOW, SAID, OVER]],
  [
    "a job with a challenge",
    WHEN_OTHERS_FOLLOWED,
    10,
    { asks: true },
    [OPEN, FOLLOW, SAID, ASK, SEND, FOLLOW, SAID, OVER],
  ],
  [
    "a job that is held three times",
    WHEN_A_HOLD_WAS_OF_ONE_LENGTH,
    1e7,
    { down: "by failing" as const, downForMs: 3 * TWO_HOURS_MS },
    [OPEN, SAID, HOLD, OPEN, SAID, OVER],
  ],
])(
  "%s that began under an earlier definition ends well with today's functions",
  async (_, earlier, timeScale, bank, states) => {
    const endpoint = await workflowEndpoint(earlierWorkflow(earlier), timeScale);
    closers.push(endpoint.close);
    const tasks = useCaseTasks(endpoint, bank);
    const { id } = await tasks.accept();
    const run = await endpoint.run(id, tasks.invoke);
    expect([run.status, statesOf(run.history)]).toEqual(["Succeeded", states]);
    const { phase, attempt } = tasks.jobs.row(id);
    expect([phase, attempt]).toEqual(["succeeded", tasks.logins.length]);
  },
);
