import { type Aftermath, whenQuiet } from "./aftermath.ts";
import { type Crash, crashesAt, titleOf } from "./cell.ts";
import { broken, type Wanted } from "./invariants.ts";
import type { MortalSystem } from "./mortal-system.ts";
import { type Played, playAll } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";

/** A crash that a run did not come to, since the bank was looked at when it was further already, is tried again so often. */
const MAX_ROUNDS = 3;

const notTheSweepers = (effect: string) => !effect.startsWith("sweep ");

/** A scenario, disturbed once at each of its effects. */
export interface Matrix {
  cells: readonly Played[];
  wanted: Wanted;
  /** Crashes that no run came to. */
  missed: string[];
}

export async function playMatrix(system: MortalSystem, scenario: Scenario): Promise<Matrix> {
  const first = scenario.first === undefined ? [] : [scenario.first];
  // What is remembered between invocations is so from the second run on.
  await playAll(system, scenario, [first]);
  const [clean] = await playAll(system, scenario, [first]);
  if (clean === undefined) throw new Error("Nothing was played.");
  const cells: Played[] = [clean];
  let left: Crash[][] = crashesAt(clean.cell.effects, scenario.aims ?? notTheSweepers).map((crash) => [
    ...first,
    crash,
  ]);
  for (let round = 0; left.length > 0 && round < MAX_ROUNDS; round++) {
    const played = await playAll(system, scenario, left);
    const met = played.filter(({ cell }) => cell.met === cell.crashes.length);
    cells.push(...met);
    left = played.filter((each) => !met.includes(each)).map(({ cell }) => [...cell.crashes]);
  }
  const wanted = { ends: scenario.ends, taken: clean.cell.taken };
  return { cells, wanted, missed: left.map((crashes) => titleOf({ crashes })) };
}

/** Every promise that was broken in any cell, once all is quiet. */
export async function findings(
  system: MortalSystem,
  matrices: ReadonlyMap<string, Matrix>,
): Promise<string[]> {
  const found = await whenQuiet(
    system,
    [...matrices.values()].flatMap(({ cells }) => cells),
  );
  return [...matrices].flatMap(([name, { cells, wanted, missed }]) => [
    ...missed.map((crash) => `${name}, ${crash}: was not come to`),
    ...cells.flatMap((played) =>
      broken(played, found.get(played.cell.userId) ?? NOTHING, wanted).map(
        (what) => `${name}, ${titleOf(played.cell)}: ${what}`,
      ),
    ),
  ]);
}

const NOTHING: Aftermath = { jobs: [], secrets: [], driven: new Map(), posted: [] };
