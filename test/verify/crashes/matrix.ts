import { randomUUID } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { isNightly, partOf } from "../support/nightly.ts";
import { type Aftermath, broken, whenQuiet } from "./invariants.ts";
import { type Cell, type Crash, type MortalSystem, mortalSystem, type Pace } from "./mortal-system.ts";
import { PatientClient, serverToken, type UpstreamSide, upstreamSide } from "./patient-client.ts";

/** A part of a scenario, which all its users play at about the same time. */
export interface Act {
  before?(upstream: UpstreamSide): Promise<void>;
  play(client: PatientClient): Promise<void>;
}

/** Whether runs are to be disturbed at an effect; what came before it may decide. */
type Aims = (effect: string, earlier: readonly string[]) => boolean;

/** What a user does, from the first request until all the user's jobs are over. */
export interface Scenario {
  /** Runs undisturbed. */
  prepare?(client: PatientClient): Promise<void>;
  acts: readonly Act[];
  /** Upstream refuses a login because of an outage: it may be sent again if the process died before noting that. */
  isRefused?: boolean;
  /** The crash that each run begins with, if the scenario is about what follows it. */
  first?: Crash;
  /** What it is about comes after the user's last request: it is over when nothing is left to be done. */
  endsQuietly?: true;
  /** Each run waits for the end of the one before: a crash of the sweeper would delay it for the others. */
  isOneByOne?: true;
  /** All effects but the sweepers' and those on events and messages, unless the scenario says otherwise. */
  aims?: Aims;
  /** How the steps of every job end. */
  ends: readonly string[];
  /** How they may also end in disturbed runs. */
  mayEnd?: readonly string[];
}

export interface Scenarios {
  readonly [name: string]: Scenario;
}

export interface Played {
  cell: Cell;
  client: PatientClient;
  /** The error that ended the user's run early. */
  trouble?: string;
}

/** A scenario, its undisturbed runs, and one run for each crash. */
interface Matrix {
  scenario: Scenario;
  undisturbed: readonly Played[];
  disturbed: Played[];
  /** Crashes that no run came to. */
  missed: string[];
}

/**
 * A crash that its run did not come to is tried again this often: the bank was polled a moment later, or the sweeper had died of
 * another run's crash.
 */
const MAX_ROUNDS = 12;

/** Without `NIGHTLY=1`, one in so many scenarios of each file is played, and one in so many of its crashes happens. */
const [SCENARIOS_PARTS, CRASHES_PARTS] = isNightly ? [1, 1] : [3, 10];
export const CRASH_SEED = process.env["CRASH_SEED"] ?? randomUUID();
const FEWEST_CRASHES = 2;

/** Passwords and answers of the users of these scenarios, and task tokens. */
const SECRET = /hooli2016|django|gavinBelson|jared|"1234"|confirmed|task-[\w-]{64}/;

/** Only for a machine that has other work too. */
const TIMEOUT_MS = 1_800_000;

/** Plays all scenarios, disturbed at each effect in turn, and compares the results with the promises of the product. */
export function crashTests(pace: Pace, all: Scenarios): void {
  const scenarios = Object.fromEntries(
    partOf(Object.entries(all), { parts: SCENARIOS_PARTS, seed: CRASH_SEED, nameOf: ([name]) => name }),
  );
  const system = mortalSystem(pace);
  const matrices = new Map<string, Matrix>();
  let found = new Map<string, string[]>();

  beforeAll(async () => {
    await Promise.all(
      Object.entries(scenarios).map(async ([name, scenario]) => {
        matrices.set(name, await playUndisturbed(system, scenario));
      }),
    );
    await Promise.all([...matrices.values()].map((matrix) => disturb(system, matrix)));
    found = await findings(system, matrices);
  }, TIMEOUT_MS);

  test("no function logs a secret, whether it dies or not", () => {
    expect(system.logged.join("\n")).not.toMatch(SECRET);
  });

  test.each(Object.keys(scenarios))("%s keeps every promise, whichever effect a process dies at", (name) => {
    const { disturbed = [], missed } = matrices.get(name) ?? {};
    process.stdout.write(`${name}: ${disturbed.length} crashes, CRASH_SEED=${CRASH_SEED}\n`);
    expect(found.get(name)).toEqual([]);
    expect(missed).toEqual([]);
    expect(disturbed.length).toBeGreaterThanOrEqual(FEWEST_CRASHES);
  });
}

/** Both runs of a scenario show at which effects it can be disturbed every time. */
async function playUndisturbed(system: MortalSystem, scenario: Scenario): Promise<Matrix> {
  const first = scenario.first === undefined ? [] : [scenario.first];
  const undisturbed = await playWhole(system, scenario, [first, first]);
  return { scenario, undisturbed, disturbed: [], missed: [] };
}

async function disturb(system: MortalSystem, matrix: Matrix): Promise<void> {
  const { scenario, undisturbed, disturbed } = matrix;
  const {
    first,
    aims = (effect: string) =>
      !/^(sweep|look-at-banks|store-events|deliver-webhooks|sweep-deliveries) /.test(effect),
  } = scenario;
  const begin = first === undefined ? [] : [first];
  const crashesOf = (runs: readonly Played[]) =>
    crashesAt(common(runs.map(({ cell }) => cell.effects)), aims).map((crash) => [...begin, crash]);
  let left = chosen(crashesOf(undisturbed));
  for (let round = 0; left.length > 0 && round < MAX_ROUNDS; round++) {
    const played = await playWhole(system, scenario, left);
    disturbed.push(...played);
    left = played.filter(({ cell }) => cell.met < cell.crashes.length).map(({ cell }) => [...cell.crashes]);
  }
  if (left.length === 0) return;
  // On a busy machine, both undisturbed runs may have had an effect that other runs lack: a look at the bank came late.
  const again = crashesOf(await playWhole(system, scenario, [begin, begin])).map((crashes) =>
    titleOf({ crashes }),
  );
  matrix.missed = left.map((crashes) => titleOf({ crashes })).filter((title) => again.includes(title));
}

function chosen(all: readonly Crash[][]): readonly Crash[][] {
  const parts = Math.min(CRASHES_PARTS, all.length / FEWEST_CRASHES);
  return partOf(all, { parts, seed: CRASH_SEED, nameOf: (crashes) => titleOf({ crashes }) });
}

/** The effects that are in every list, as often as they are in each. */
function common([first = [], ...others]: readonly (readonly string[])[]): string[] {
  let found = [...first];
  for (const other of others) {
    const left = [...other];
    found = found.filter((effect) => {
      const index = left.indexOf(effect);
      if (index >= 0) left.splice(index, 1);
      return index >= 0;
    });
  }
  return found;
}

/** One crash before and one after each effect of an undisturbed run. */
function crashesAt(effects: readonly string[], aims: Aims): Crash[] {
  const counts = new Map<string, number>();
  return effects.flatMap((effect, index) => {
    const nth = (counts.get(effect) ?? 0) + 1;
    counts.set(effect, nth);
    if (!aims(effect, effects.slice(0, index)) || isByChance(effect, nth)) return [];
    return (["before", "after"] as const).map((when) => ({ effect, nth, when }));
  });
}

/**
 * Banks' records, which requests cache for a minute, slots of answers, and repetitions of what changes nothing: not every run has
 * them.
 */
function isByChance(effect: string, nth: number): boolean {
  if (/^(create|update|refresh|connect-page).* GET \/institutions\/\*$/.test(effect)) return true;
  // Other users may have all slots.
  if (/^answer-mfa .* waiter$/.test(effect)) return true;
  return nth > 1 && / GET |DeleteItem secret|UpdateItem/.test(effect);
}

function titleOf({ crashes }: Pick<Cell, "crashes">): string {
  return crashes.map(({ when, nth, effect }) => `${when} ${effect} (${nth})`).join(", then ");
}

/** A scenario about the sweeper is over when the sweeper has done its work, and one about messages when they were sent. */
async function playWhole(...[system, scenario, crashes]: Parameters<typeof play>): Promise<Played[]> {
  if (scenario.first === undefined && !scenario.endsQuietly) return play(system, scenario, crashes);
  const played: Played[] = [];
  for (const batch of scenario.isOneByOne ? crashes.map((each) => [each]) : [crashes]) {
    const together = await play(system, scenario, batch);
    await whenQuiet(system, together);
    played.push(...together);
  }
  return played;
}

/** Plays a scenario once for each list of crashes, all at about the same time. */
async function play(
  system: MortalSystem,
  scenario: Scenario,
  allCrashes: readonly (readonly Crash[])[],
): Promise<Played[]> {
  const target = system.target();
  const token = await serverToken(target);
  const played = allCrashes.map((crashes): Played => {
    const userId = randomUUID();
    const cell = { userId, crashes, met: 0, effects: [], jobIds: new Set<string>(), written: [], taken: [] };
    return { cell, client: new PatientClient(target, token, userId) };
  });
  const forEach = (work: (one: Played) => Promise<void>) =>
    Promise.all(played.map((one) => system.inTurn(() => work(one))));
  await forEach(async ({ cell, client }) => {
    await scenario.prepare?.(client);
    system.add(cell);
  });
  for (const act of scenario.acts) {
    await act.before?.(upstreamSide(target.sandboxUrl));
    await forEach(async (one) => {
      try {
        await act.play(one.client);
      } catch (error) {
        one.trouble = String(error);
      }
    });
  }
  return played;
}

/** By scenario, every promise that was broken in any run, once all is quiet. */
async function findings(
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
