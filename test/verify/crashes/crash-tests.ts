import { beforeAll, expect, test } from "vitest";
import { disturb, findings, type Matrix, playUndisturbed } from "./matrix.ts";
import { mortalSystem, type Pace } from "./mortal-system.ts";
import type { Scenario } from "./scenario.ts";

/** Passwords and answers of the users of these scenarios, and task tokens. */
const SECRET = /hooli2016|django|gavinBelson|jared|"1234"|confirmed|task-[\w-]{64}/;

const WITHIN_MS = 240_000;

/** Plays all scenarios, disturbed at each effect in turn, and holds what came of it against what is promised. */
export function crashTests(pace: Pace, scenarios: { readonly [name: string]: Scenario }): void {
  const system = mortalSystem(pace);
  const matrices = new Map<string, Matrix>();
  let found = new Map<string, string[]>();

  beforeAll(async () => {
    const all = Object.entries(scenarios);
    await Promise.all(
      all.map(async ([name, scenario]) => matrices.set(name, await playUndisturbed(system, scenario))),
    );
    await Promise.all([...matrices.values()].map((matrix) => disturb(system, matrix)));
    found = await findings(system, matrices);
  }, WITHIN_MS);

  test("no function says a secret, dying or not", () => {
    expect(system.said.join("\n")).not.toMatch(SECRET);
  });

  test.each(Object.keys(scenarios))(
    "%s keeps every promise, whichever process dies at whichever effect",
    (name) => {
      const { disturbed = [], missed } = matrices.get(name) ?? {};
      process.stdout.write(`${name}: ${disturbed.length} crashes\n`);
      expect(found.get(name)).toEqual([]);
      expect(missed).toEqual([]);
      expect(disturbed.length).toBeGreaterThan(3);
    },
  );
}
