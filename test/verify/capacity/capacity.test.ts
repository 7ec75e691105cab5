import { readFileSync } from "node:fs";
import { beforeAll, describe, expect, test, vi } from "vitest";
import { textOf } from "../../docs/pages.ts";
import { picturesOf, tablesOf, withTables } from "./page.ts";
import { overloadName, readResults, simulateAlone, simulateOverload } from "./results.ts";
import { BEFORE_MINUTES, OVERLOAD_MINUTES, OVERLOADS } from "./scenarios.ts";
import { minutesUntilBack, type Summary } from "./summary.ts";

const results = readResults();
const limited = OVERLOADS.filter(({ isLimited }) => isLimited);

beforeAll(() => {
  vi.stubEnv("LOG_LEVEL", "error");
  return () => vi.unstubAllEnvs();
});

test("The page and its pictures show the stored results", () => {
  const page = textOf("docs/capacity.md");
  expect(withTables(page, tablesOf(results))).toBe(page);
  for (const [file, picture] of Object.entries(picturesOf(results))) {
    expect(readFileSync(new URL(`../../../docs/images/${file}`, import.meta.url), "utf8")).toBe(picture);
  }
});

describe("simulated again", () => {
  test.each(limited.filter(({ concurrency }) => concurrency === 10))(
    "an overload of jobs $name on ten functions gives the stored result",
    async (overload) => {
      expect(await simulateOverload(overload)).toEqual(results.overloads[overloadName(overload)]);
    },
  );

  test.each(["plain", "with MFA"] as const)("a job alone, %s, takes what is stored", async (kind) => {
    expect(await simulateAlone(kind)).toEqual(results.alone[kind]);
  });
});

describe("a job takes what the benchmark counts", () => {
  const bench = textOf("docs/reference/bench.md");
  const [plainColumn, mfaColumn] = [0, 1];
  const counted = (row: string, column: number) =>
    new RegExp(`^\\| ${row} \\|(.*)\\|$`, "m").exec(bench)?.[1]?.split("|")[column]?.trim() ?? "";

  test.each([
    ["plain", plainColumn],
    ["with MFA", mfaColumn],
  ] as const)("%s", (kind, column) => {
    const one = results.alone[kind];
    const cell = counted("write units, in so many writes, and so many of the rows of its bank", column);
    const [units, writes = 0, ofBank = 0] = cell.split(/ in | and /).map(Number);
    expect([one?.transitions, one?.kms, Math.round(one?.writes ?? 0)]).toEqual([
      Number(counted("state transitions", column)),
      Number(counted("KMS calls", column)),
      // The benchmark's job is the first at its bank, so that it writes the state of the bank too.
      writes + ofBank - 1,
    ]);
    // The sizes of rows are estimated; a bank that takes time is read less often than one that answers at once.
    const share = (value = 0, of = 0) => value / of;
    expect(share(one?.writeUnits, units)).toBeGreaterThan(0.85);
    expect(share(one?.writeUnits, units)).toBeLessThan(1.15);
    expect(share(one?.slotSeconds, Number(counted("slots × seconds", column)))).toBeGreaterThan(0.8);
    expect(share(one?.slotSeconds, Number(counted("slots × seconds", column)))).toBeLessThan(1.1);
  });
});

describe("what is promised", () => {
  const of = (overload: (typeof OVERLOADS)[number]): Summary => {
    const found = results.overloads[overloadName(overload)];
    if (found === undefined) throw new Error("It was not simulated.");
    return found;
  };

  test.each(OVERLOADS)("no job $name on $concurrency functions is lost or sent twice", (overload) => {
    const { accepted, succeeded, failed, lost, doubled, secretsLeft, throttled } = of(overload);
    const ended = succeeded + Object.values(failed).reduce((sum, each) => sum + each, 0);
    expect({ lost, doubled, secretsLeft }).toEqual({ lost: 0, doubled: 0, secretsLeft: 0 });
    // A POST that DynamoDB throttles after it stored its job gets a 503, and the job runs.
    if (throttled["jobs table, writes"] === undefined) expect(ended).toBe(accepted);
    else expect(ended).toBeGreaterThanOrEqual(accepted);
  });

  test.each(limited)(
    "with the limit, jobs $name on $concurrency functions are as before within a minute",
    (overload) => {
      expect(minutesUntilBack(of(overload), BEFORE_MINUTES, OVERLOAD_MINUTES)).toBeLessThanOrEqual(1);
      const { failed, accepted } = of(overload);
      const failures = Object.values(failed).reduce((sum, each) => sum + each, 0);
      expect(failures).toBeLessThan(accepted / 10_000);
    },
  );

  test.each(limited)(
    "with the limit, refused jobs $name on $concurrency functions get Retry-After",
    (overload) => {
      const { replies } = of(overload);
      const refused = Object.entries(replies).filter(([name]) => name !== "202" && name !== "200");
      const all = refused.reduce((sum, [, count]) => sum + count, 0);
      expect((replies["503 with Retry-After"] ?? 0) / all).toBeGreaterThan(0.95);
    },
  );
});
