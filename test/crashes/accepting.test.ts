import { expect, test } from "vitest";
import { ACCEPTING } from "./accepting-scenarios.ts";
import { findings, type Matrix, playMatrix } from "./matrix.ts";
import { mortalSystem } from "./mortal-system.ts";

const system = mortalSystem(20);
const matrices = new Map<string, Matrix>();

test.each(Object.entries(ACCEPTING))("%s is played", { timeout: 100_000 }, async (name, scenario) => {
  const at = performance.now();
  matrices.set(name, await playMatrix(system, scenario));
  process.stdout.write(`${name}: ${matrices.get(name)?.cells.length} ${performance.now() - at}\n`);
});
test("no promise is broken", { timeout: 100_000 }, async () => {
  expect(await findings(system, matrices)).toEqual([]);
});
