import { whenQuiet } from "./aftermath.ts";
import { type Aims, crashesAt, titleOf } from "./cell.ts";
import { broken } from "./invariants.ts";
import type { MortalSystem } from "./mortal-system.ts";
import { type Played, playAll } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";

/** A crash that no run of its own came to, since the bank was looked at a moment later, is tried again so often. */
const MAX_ROUNDS = 12;

/** A scenario, the runs that nothing disturbed, and one run for each crash. */
export interface Matrix {
  scenario: Scenario;
  undisturbed: readonly Played[];
  disturbed: Played[];
  /** Crashes that no run came to. */
  missed: string[];
}

const notTheSweepers: Aims = (effect) => !effect.startsWith("sweep ");

/** Plays a scenario alone. What it does each time is what it can be disturbed at. */
export async function playUndisturbed(system: MortalSystem, scenario: Scenario): Promise<Matrix> {
  const first = scenario.first === undefined ? [] : [scenario.first];
  const undisturbed = await play(system, scenario, [first, first]);
  return { scenario, undisturbed, disturbed: [], missed: [] };
}

/** Plays it once for each crash. */
export async function disturb(system: MortalSystem, matrix: Matrix): Promise<void> {
  const { scenario, undisturbed, disturbed } = matrix;
  const { first, aims = notTheSweepers } = scenario;
  const effects = common(undisturbed.map(({ cell }) => cell.effects));
  let left = crashesAt(effects, aims).map((crash) => [...(first === undefined ? [] : [first]), crash]);
  for (let round = 0; left.length > 0 && round < MAX_ROUNDS; round++) {
    const played = await play(system, scenario, left);
    disturbed.push(...played);
    left = played.filter(({ cell }) => cell.met < cell.crashes.length).map(({ cell }) => [...cell.crashes]);
  }
  matrix.missed = left.map((crashes) => titleOf({ crashes }));
}

/** What is in every list, as often as it is in each. */
function common([first = [], ...others]: readonly (readonly string[])[]): string[] {
  return others.reduce<string[]>(
    (found, other) => {
      const left = [...other];
      return found.filter((effect) => {
        const index = left.indexOf(effect);
        if (index >= 0) left.splice(index, 1);
        return index >= 0;
      });
    },
    [...first],
  );
}

/** What is about the sweeper is over when that has done its work. */
async function play(...[system, scenario, crashes]: Parameters<typeof playAll>): Promise<Played[]> {
  if (scenario.first === undefined) return playAll(system, scenario, crashes);
  const played: Played[] = [];
  for (const batch of scenario.isOneByOne ? crashes.map((each) => [each]) : [crashes]) {
    const together = await playAll(system, scenario, batch);
    await whenQuiet(system, together);
    played.push(...together);
  }
  return played;
}

/** By scenario, every promise that was broken in any run, once all is quiet. */
export async function findings(
  system: MortalSystem,
  matrices: ReadonlyMap<string, Matrix>,
): Promise<Map<string, string[]>> {
  const runsOf = ({ undisturbed, disturbed }: Matrix) => [...undisturbed, ...disturbed];
  const found = await whenQuiet(system, [...matrices.values()].flatMap(runsOf));
  const brokenIn = (matrix: Matrix) => {
    const wanted = { ...matrix.scenario, taken: matrix.undisturbed[0]?.cell.taken ?? [] };
    return runsOf(matrix).flatMap((played) =>
      broken(played, found.get(played.cell.userId), wanted).map((what) => `${titleOf(played.cell)}: ${what}`),
    );
  };
  return new Map([...matrices].map(([name, matrix]) => [name, brokenIn(matrix)]));
}
