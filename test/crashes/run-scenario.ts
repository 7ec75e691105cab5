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

/** So many in a process: two cores are busy, and nobody waits for long. */
const AT_ONCE = 20;

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

let running = 0;
const waiting: (() => void)[] = [];

async function forEach<One>(all: readonly One[], work: (one: One) => Promise<void>): Promise<void> {
  await Promise.all(
    all.map(async (one) => {
      if (running === AT_ONCE) await new Promise<void>((begin) => waiting.push(begin));
      else running += 1;
      try {
        await work(one);
      } finally {
        const next = waiting.shift();
        if (next === undefined) running -= 1;
        else next();
      }
    }),
  );
}
