import { type Aftermath, whenQuiet } from "./aftermath.ts";
import { type Aims, crashesAt, titleOf } from "./cell.ts";
import { broken } from "./invariants.ts";
import type { MortalSystem } from "./mortal-system.ts";
import { type Played, playAll } from "./run-scenario.ts";
import type { Scenario } from "./scenario.ts";

/**
 * A crash that its run did not come to is tried again so often: the bank was looked at a moment later, or the sweeper had died of
 * somebody else's crash.
 */
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
  const all = [...matrices.values()].flatMap(({ undisturbed, disturbed }) => [...undisturbed, ...disturbed]);
  const found = await whenQuiet(system, all);
  const brokenIn = ({ scenario, undisturbed, disturbed }: Matrix) => {
    const { mayEnd, ...strict } = { ...scenario, ...postedIn(undisturbed[0], found) };
    const lenient = mayEnd === undefined ? strict : { ...strict, mayEnd };
    const judged = [
      ...undisturbed.map((played) => [played, scenario.first === undefined ? strict : lenient] as const),
      ...disturbed.map((played) => [played, lenient] as const),
    ];
    return judged.flatMap(([played, wanted]) =>
      broken(played, found.get(played.cell.userId), wanted).map((what) => `${titleOf(played.cell)}: ${what}`),
    );
  };
  return new Map([...matrices].map(([name, matrix]) => [name, brokenIn(matrix)]));
}

function postedIn(played: Played | undefined, found: ReadonlyMap<string, Aftermath>) {
  const { taken = [], userId = "" } = played?.cell ?? {};
  return { taken, others: (found.get(userId)?.posted.length ?? 0) - taken.length };
}
