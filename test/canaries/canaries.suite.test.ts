import { afterAll, beforeAll, describe, expect, test, vi } from "vitest";
import { HOOLI, HOOLI_GOV, PIED_PIPER } from "../journeys/logins.ts";
import { allRows } from "../support/all-rows.ts";
import { JOURNEYS, type Journey } from "./canary-journeys.ts";
import { type CanaryWorld, startCanaryWorld } from "./canary-world.ts";
import { unmeant } from "./meant-to-stand.ts";
import { plantEverywhere } from "./plant-everywhere.ts";
import { refusedRequests } from "./refused-requests.ts";
import { type Sink, scannerFor } from "./scanner.ts";
import { sideBySide } from "./side-by-side.ts";
import { anyhow, ECHOED_JOURNEYS, queuedJourney, repeatedLate, timedOut } from "./troubled-journeys.ts";
import { TROUBLE_OF_AWS, TROUBLE_OF_THE_BANK } from "./troubles.ts";
import { Visitor } from "./visitor.ts";
import { bundleSinks, keptSinks, sinksOf } from "./world-sinks.ts";

const ROUNDS = 12;
const REFUSED_ROUNDS = 37;
const AT_ONCE = 24;
const MIN_JOBS = 500;
const MIN_REFUSED = 2_000;
/** Nothing here waits for long: a machine that has much else to do may. */
const PATIENCE = { timeout: 600_000 };
/** Of the sweeper, which runs every three seconds here. */
const UNTIL_SWEPT = { interval: 500, timeout: 120_000 };

let world: CanaryWorld;
let token = "";
let report = "";
const figures = { jobs: 0, refused: 0 };
const openSinks: Sink[] = [];

beforeAll(async () => {
  world = await startCanaryWorld();
  token = await world.client.token();
}, PATIENCE.timeout);
afterAll(async () => {
  await world.close();
  process.stdout.write(`${report}\n`);
}, PATIENCE.timeout);

function visitor(story: string): Visitor {
  return new Visitor(world, token, story);
}

async function go(name: string, journey: Journey): Promise<void> {
  try {
    await journey(visitor(name));
  } catch (error) {
    throw new Error(`${name}: ${error instanceof Error ? error.message : "failed"}`);
  }
}

describe("secrets go", () => {
  test(
    "through every way that a job can go, also one whose upstream repeats all that it hears",
    PATIENCE,
    async () => {
      // What takes long goes first.
      const once = Object.entries({
        "a job that never ends": timedOut,
        "what upstream's job repeats late": repeatedLate,
        ...ECHOED_JOURNEYS,
      });
      const often = Array.from({ length: ROUNDS }, () => Object.entries(JOURNEYS)).flat();
      await sideBySide(AT_ONCE, [...once, ...often], ([name, journey]) => go(name, journey));
    },
  );

  test("through the queue, and an answer after it", PATIENCE, async () => {
    const banks = [HOOLI_GOV, PIED_PIPER] as const;
    for (const bank of banks) await world.institution(bank, { status: "major-outage", outage: "refuse" });
    const further: [string, Journey][] = [];
    const all = banks.flatMap((bank) => Array.from({ length: 15 }, () => bank));
    await sideBySide(AT_ONCE, all, async (bank) => {
      const user = visitor("a queued job");
      const goOn = await queuedJourney(bank)(user);
      further.push(["a queued job", () => goOn(user)]);
    });
    // Open jobs, whose logins are kept.
    openSinks.push(...(await keptSinks(world)));
    for (const bank of banks) await world.institution(bank, { status: "operational" });
    await sideBySide(AT_ONCE, further, ([name, journey]) => go(name, journey));
  });

  test("through a bank's side that fails in every way", PATIENCE, async () => {
    await world.faults(TROUBLE_OF_THE_BANK);
    await sideBySide(
      AT_ONCE,
      Array.from({ length: 20 }, () => "trouble of the bank"),
      (name) => go(name, anyhow),
    );
    await world.faults([]);
  });

  test("through functions that die", PATIENCE, async () => {
    world.dying.begin();
    await sideBySide(
      AT_ONCE,
      Array.from({ length: 20 }, () => "a function that dies"),
      (name) => go(name, anyhow),
    );
    world.dying.end();
    expect(world.dying.count()).toBeGreaterThan(40);
  });

  test("through every kind of refusal", PATIENCE, async () => {
    const over = visitor("the refused ones");
    const overJobId = await over.begin(HOOLI, over.login("gavin"));
    await over.connection(overJobId);
    const client = await world.client.token({ scope: "CLIENT_ACCESS", userId: over.userId });
    const wrong: string[] = [];
    for (let round = 0; round < REFUSED_ROUNDS; round++) {
      const asking = visitor("the refused ones");
      const askingJobId = await asking.begin(PIED_PIPER, asking.login("jared"));
      await asking.asked(askingJobId);
      const { userId } = over;
      const { apiKey } = world;
      const known = { apiKey, server: token, client, userId, overJobId, askingJobId };
      await sideBySide(
        4,
        refusedRequests(world.register, known),
        async ({ name, method, path, status, mayBeLate, ...sent }) => {
          const reply = await world.client.send(method, path, sent);
          figures.refused += 1;
          const isAsWanted = reply.status === status || (mayBeLate && [409, 410].includes(reply.status));
          if (!isAsWanted) wrong.push(`${name}: ${status} was wanted, ${reply.status} came`);
        },
      );
    }
    expect([...new Set(wrong)]).toEqual([]);
  });

  test("through AWS that fails, and says what it was asked", PATIENCE, async () => {
    await sideBySide(6, TROUBLE_OF_AWS, async (trouble) => {
      trouble(world.recorder);
      await go("trouble of AWS", anyhow);
    });
  });
});

describe("afterwards", () => {
  test("enough of them went in, and as far as the bank", async () => {
    const jobs = (await allRows()).flatMap(({ rows }) => rows).filter(({ pk }) => pk?.S?.startsWith("job#"));
    expect(jobs.length).toBeGreaterThanOrEqual(MIN_JOBS);
    expect(figures.refused).toBeGreaterThanOrEqual(MIN_REFUSED);
    expect(world.register.missing(world.arrived)).toEqual([]);
    figures.jobs = jobs.length;
  });

  test("no secret is kept of any of them, once all are over", PATIENCE, async () => {
    const kept = async () =>
      (await allRows()).flatMap(({ rows }) => rows).filter(({ sealed }) => sealed !== undefined);
    await vi.waitFor(async () => expect((await kept()).length).toBe(0), UNTIL_SWEPT);
  });

  test("they stand nowhere", PATIENCE, async () => {
    const scanner = scannerFor(world.register.canaries);
    const sinks = [...(await sinksOf(world)), ...(await bundleSinks()), ...openSinks];
    const { leaks, unused } = unmeant(sinks.flatMap(scanner.scan));
    const told = leaks.map(({ canary, form, sink, at }) => `${canary.name}, ${form}, in ${sink} at ${at}`);
    const bytes = sinks.reduce((sum, { content }) => sum + content.length, 0);
    report = `${figures.jobs} jobs, ${figures.refused} refused requests, ${scanner.canaries} canaries, ${scanner.needles} needles, ${sinks.length} sinks, ${bytes} bytes`;
    expect([...new Set(told)].slice(0, 40)).toEqual([]);
    expect(unused).toEqual([]);
  });

  test("and where one is planted, it is found", PATIENCE, async () => {
    const { planted, where, bundles } = await plantEverywhere(world, token);
    const scanner = scannerFor(planted);
    const found = [...(await sinksOf(world)), ...bundles].flatMap(scanner.scan);
    expect(where.filter((sink) => !found.some((finding) => sink.test(finding.sink)))).toEqual([]);
  });
});
