import { type Cell, type Crash, newCell } from "./cell.ts";
import type { MortalSystem } from "./mortal-system.ts";
import { PatientClient, serverToken } from "./patient-client.ts";
import type { Scenario } from "./scenario.ts";
import { upstreamSide } from "./upstream-side.ts";

/** What was run, and who ran it. */
export interface Played {
  cell: Cell;
  client: PatientClient;
}

/** So many at a time: two cores are busy, and nobody waits for long. */
const AT_ONCE = 12;

/** Plays a scenario once for each list of crashes, all at about the same time. */
export async function playAll(
  system: MortalSystem,
  scenario: Scenario,
  allCrashes: readonly (readonly Crash[])[],
): Promise<Played[]> {
  const target = system.target();
  const token = await serverToken(target);
  const played = allCrashes.map((crashes) => {
    const cell = newCell(crashes);
    return { cell, client: new PatientClient(target, token, cell.userId) };
  });
  await forEach(played, async ({ cell, client }) => {
    await scenario.prepare?.(client);
    system.add(cell);
  });
  for (const { before, play } of scenario.acts) {
    await before?.(upstreamSide(target.sandboxUrl));
    await forEach(played, ({ client }) => play(client));
  }
  return played;
}

async function forEach<One>(all: readonly One[], work: (one: One) => Promise<void>): Promise<void> {
  const left = [...all];
  const worker = async () => {
    for (let one = left.shift(); one !== undefined; one = left.shift()) await work(one);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}
