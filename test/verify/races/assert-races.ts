import { randomInt } from "node:crypto";
import type { IAsyncProperty } from "fast-check";
import fc from "fast-check";
import { test } from "vitest";
import { FAILED_ONCE } from "./failed-once.ts";

/** What so many schedules may take where others use the machine too. */
const TIMEOUT_MS = 120_000;

function seedOf(): number {
  const given = process.env["FC_SEED"];
  return given === undefined ? randomInt(2 ** 31) : Number(given);
}

/** Runs the schedules that failed once, and so many others; the seed of those is printed. */
export function testRaces<Ts>(name: string, numRuns: number, property: IAsyncProperty<Ts>): void {
  const known = FAILED_ONCE.filter(({ of }) => of === name);
  for (const { seed, path } of known) {
    test(
      `${name} (again: ${seed} ${path})`,
      () => fc.assert(property, { seed, path, endOnFailure: true }),
      TIMEOUT_MS,
    );
  }
  test(
    name,
    async () => {
      const seed = seedOf();
      process.stdout.write(`${name}: ${numRuns} schedules, FC_SEED=${seed}\n`);
      await fc.assert(property, { seed, numRuns });
    },
    TIMEOUT_MS,
  );
}
