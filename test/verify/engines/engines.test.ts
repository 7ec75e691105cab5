import { afterAll, describe, expect, test, vi } from "vitest";
import { type BankBehaviour, useCaseTasks } from "../bench/use-case-tasks.ts";
import { partsOf } from "../walks/definition.ts";
import { deployedWorkflow } from "../walks/deployed-workflow.ts";
import { runScripted, SCENARIOS, type Scenario } from "../walks/scenarios.ts";
import { DIFFERENCES, seenOf } from "./differences.ts";
import { type Engine, localEngine, motoEngine } from "./engine.ts";
import { type Seen, seenWorkflow } from "./seen.ts";

vi.stubEnv("LOG_LEVEL", "error");

const local = localEngine();
const moto = await motoEngine();
afterAll(() => Promise.all([moto?.close(), local.close()]));

/** What is seen on each engine: on local mode's, then on moto. */
async function onBoth<What>(see: (engine: Engine) => Promise<What>): Promise<What[]> {
  const seen: What[] = [];
  for (const engine of moto === undefined ? [] : [local, moto]) seen.push(await see(engine));
  return seen;
}

describe.skipIf(moto === undefined)("the workflow does the same on both engines:", () => {
  const deployed = deployedWorkflow();
  const usedOnMoto = new Set<string>();

  async function scripted(engine: Engine, scenario: Scenario): Promise<Seen> {
    const workflow = seenWorkflow(deployed, await engine.machine(deployed.source));
    await runScripted(workflow.engine, "job", scenario);
    return workflow.seen();
  }

  test.each(SCENARIOS.map((scenario) => [scenario.title, scenario] as const))("%s", async (_, scenario) => {
    const [onLocal, onMoto] = await onBoth((engine) => scripted(engine, scenario));
    for (const part of onMoto?.parts ?? []) usedOnMoto.add(part);
    expect(onMoto).toEqual(onLocal);
  });

  test("these scenarios go through every state, branch, Retrier and Catcher on moto", () => {
    expect(partsOf(deployed.definition).filter((part) => !usedOnMoto.has(part))).toEqual([]);
  });

  /** With the code of the functions, on ports in memory. */
  async function ofUseCases(engine: Engine, bank: BankBehaviour) {
    const workflow = seenWorkflow(deployed, await engine.machine(deployed.source));
    const tasks = useCaseTasks({ ...workflow.engine, definition: deployed.definition }, bank);
    const { id } = await tasks.accept();
    await workflow.engine.run(id, tasks.invoke);
    const { phase, attempt } = tasks.jobs.row(id);
    return { ...workflow.seen(), job: { phase, attempt, logins: tasks.logins.length } };
  }

  test.each<[string, BankBehaviour]>([
    ["asks for nothing", {}],
    ["asks for a code", { asks: true }],
    ["refuses the login", { down: "by refusing" }],
    ["fails the login", { down: "by failing" }],
  ])("The functions' own code runs a job whose bank %s", async (_, bank) => {
    const [onLocal, onMoto] = await onBoth((engine) => ofUseCases(engine, bank));
    expect(onMoto).toEqual(onLocal);
  });
});

describe.skipIf(moto === undefined)("the engines still differ:", () => {
  test.each(DIFFERENCES.map((difference) => [difference.title, difference] as const))(
    "%s",
    async (_, difference) => {
      const { states, ...expected } = difference;
      const definition = { StartAt: Object.keys(states)[0], States: states };
      const seen = await onBoth(async (engine) => seenOf(difference, await engine.machine(definition)));
      expect(seen).toEqual([expected.local, expected.moto]);
    },
  );
});
