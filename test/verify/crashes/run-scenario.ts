import { type Cell, type Crash, newCell } from "./cell.ts";
import type { MortalSystem } from "./mortal-system.ts";
import { PatientClient, serverToken } from "./patient-client.ts";
import type { Scenario } from "./scenario.ts";
import { upstreamSide } from "./upstream-side.ts";

/** What was run, and who ran it. */
export interface Played {
  cell: Cell;
  client: PatientClient;
  /** What kept the user from coming to the end. */
  trouble?: string;
}

/** Plays a scenario once for each list of crashes, all at about the same time. */
export async function playAll(
  system: MortalSystem,
  scenario: Scenario,
  allCrashes: readonly (readonly Crash[])[],
): Promise<Played[]> {
  const target = system.target();
  const token = await serverToken(target);
  const played = allCrashes.map((crashes): Played => {
    const cell = newCell(crashes);
    return { cell, client: new PatientClient(target, token, cell.userId) };
  });
  const forEach = (work: (one: Played) => Promise<void>) =>
    Promise.all(played.map((one) => system.turns.take(() => work(one))));
  await forEach(async ({ cell, client }) => {
    await scenario.prepare?.(client);
    system.add(cell);
  });
  for (const { before, play } of scenario.acts) {
    await before?.(upstreamSide(target.sandboxUrl));
    await forEach(async (one) => {
      try {
        await play(one.client);
      } catch (error) {
        one.trouble = String(error);
      }
    });
  }
  return played;
}
