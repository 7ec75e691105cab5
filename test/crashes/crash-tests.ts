import { beforeAll, expect, test } from "vitest";
import { disturb, findings, type Matrix, playUndisturbed } from "./matrix.ts";
import { mortalSystem } from "./mortal-system.ts";
import type { Scenario } from "./scenario.ts";

const WITHIN_MS = 110_000;

/** Plays all scenarios, disturbed at each effect in turn, and holds what came of it against what is promised. */
export function crashTests(timeScale: number, scenarios: { readonly [name: string]: Scenario }): void {
  const system = mortalSystem(timeScale);
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
