import { describe, expect, test } from "vitest";
import { isFinished } from "../../functions/jobs/domain/job.ts";
import { START } from "../support/fake-clock.ts";
import { runBurst } from "./burst.ts";
import { deployedWorkflow } from "./deployed-workflow.ts";

const { definition } = deployedWorkflow();
const JOBS = 2_000;
const MOST_LOGINS_A_SECOND = 60;
const SPREAD_SECONDS = 60;
const HOUR_MS = 3600_000;
/** Less than the two hours to the first further attempt: the logins before it are those of the users, as they come. */
const BEFORE_ANY_FURTHER_MS = HOUR_MS;
/** From the tenth attempt on, half a second of each run has become five. */
const DRIFT_SECONDS = 10;

/** The bank comes back shortly before the attempt of that number. */
const backAt = (attempt: number) => (attempt - 1) * 2 * HOUR_MS - 60_000;

describe.each([2, 10])("2,000 queued jobs whose bank is back at attempt %i", (attempt) => {
  test.each([
    ["by record", 1],
    ["by failing", attempt - 1],
    ["by refusing", attempt - 1],
  ] as const)("and was down %s send no more than 60 logins in any second", async (down, rounds) => {
    const burst = await runBurst(definition, JOBS, { down, downForMs: backAt(attempt) });
    const further = burst.logins
      .map((login) => Math.floor((Date.parse(login) - Date.parse(START)) / 1_000))
      .filter((second) => second * 1_000 > BEFORE_ANY_FURTHER_MS);
    const bySecond = Map.groupBy(further, (second) => second);
    const most = Math.max(...[...bySecond.values()].map(({ length }) => length));
    process.stdout.write(`back at attempt ${attempt}, down ${down}: at most ${most} logins in one second\n`);
    expect(most).toBeLessThanOrEqual(MOST_LOGINS_A_SECOND);

    expect(further).toHaveLength(rounds * JOBS);
    const last = further.filter((second) => second * 1_000 > backAt(attempt));
    expect(last).toHaveLength(JOBS);
    expect(Math.max(...last) - Math.min(...last)).toBeLessThanOrEqual(SPREAD_SECONDS + DRIFT_SECONDS);

    expect(burst.ends.toSorted()).toEqual(burst.ids.toSorted());
    const ended = burst.written.filter((job) => isFinished(job));
    expect(ended.map(({ id }) => id).toSorted()).toEqual(burst.ids.toSorted());
    expect(new Set(ended.map(({ phase }) => phase))).toEqual(new Set(["succeeded"]));
    expect(burst.secretsLeft).toEqual([]);
  });
});
