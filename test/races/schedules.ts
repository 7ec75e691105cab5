import fc from "fast-check";

/** Holds a rule in so many schedules, others each time. The seed is what brings them back. */
export async function inSchedules<Race>(
  count: number,
  races: fc.Arbitrary<Race>,
  check: (race: Race) => Promise<void>,
): Promise<void> {
  const seed = Math.floor(Math.random() * 2 ** 31);
  process.stdout.write(`${count} schedules, seed ${seed}\n`);
  await fc.assert(fc.asyncProperty(races, check), { seed, numRuns: count });
}
