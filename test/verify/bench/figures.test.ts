import { globSync } from "node:fs";
import { expect, test } from "vitest";
import * as z from "zod";
import { measureSweep } from "../../../functions/jobs/domain/measurements.ts";
import { textOf } from "../../docs/pages.ts";
import { synthesizedResources } from "../../infra/synthesized.ts";
import { idlePrice, MAX_BASIC_DOLLARS, withoutPrice } from "./idle-price.ts";

const BENCH = "docs/reference/bench.md";
const bench = textOf(BENCH);
const { prices } = z
  .object({ prices: z.record(z.string(), z.object({ dollars: z.number(), per: z.number() })) })
  .parse(JSON.parse(textOf("test/verify/bench/prices.json")));

/** In millionths, which are whole, so that figures can be compared exactly. */
const MILLION = 1_000_000;
const CENT = MILLION / 100;
const DOLLAR = MILLION;
const millionths = (figure = "") => Math.round(Number(figure.replaceAll(",", "")) * MILLION);
const priceOf = (name: string, count: number) => {
  const { dollars = Number.NaN, per = 1 } = prices[name] ?? {};
  return Math.round((dollars / per) * count * MILLION);
};

/** The figure in the one line of `bench.md` that the expression matches. */
function inBench(expression: RegExp): number {
  const found = [...bench.matchAll(new RegExp(expression, "gm"))];
  if (found.length !== 1) throw new Error(`${BENCH} has ${found.length} lines like ${expression}.`);
  return millionths(found[0]?.[1]);
}

/** The cells of the first row of `bench.md` that has the name. */
function rowOfBench(name: string): number[] {
  const [, cells = ""] = new RegExp(`^\\| \\**${name}\\** \\|(.*)\\|$`, "m").exec(bench) ?? [];
  return cells.split("|").map((cell) => millionths(cell.replaceAll(/[ *$]/g, "")));
}

const [plain = 0, mfa = 0, queued = 0, plainPoller = 0, mfaPoller = 0] = rowOfBench("dollars for 1,000 jobs");
const [plainStates = 0, mfaStates = 0, queuedStates = 0] = rowOfBench("state transitions");
const [plainSlots = 0, mfaSlots = 0, , plainPollerSlots = 0, mfaPollerSlots = 0] =
  rowOfBench("slots × seconds");
const [plainAMinute = 0, mfaAMinute = 0] = rowOfBench("jobs a minute on 10 slots");
const key = inBench(/^- 2 × \$([\d.]+): customer managed key/);
const secret = inBench(/^- 1 × \$([\d.]+): secret/);
const alarmMetrics = inBench(/^- (\d+) × .* an alarm looks at/);
const alarmMetric = inBench(/^- \d+ × \$([\d.]+): .* an alarm looks at/);
const dashboard = inBench(/^- 1 × \$([\d.]+): dashboard/);
const customMetric = inBench(/^- \$([\d.]+) for each custom metric/);
const sweeper = inBench(/ runs of the sweeper, together \$([\d.]+)/);
const looks = inBench(/ runs of the function that looks at banks, together \$([\d.]+)/);
const deliverer = inBench(/ runs of the function that sends webhooks, together \$([\d.]+)/);
const idle = idlePrice(
  new Map([
    ["sweep", sweeper / MILLION],
    ["look-at-banks", looks / MILLION],
    ["deliver-webhooks", deliverer / MILLION],
  ]),
);

const calm = { mended: {}, failed: 0, running: { size: 0 }, queued: { size: 0 } };
const metricsOfASweep = [...measureSweep(calm, new Date())].length;
const aMonth = Math.round((idle.dollars["full"] ?? Number.NaN) * MILLION);

const OPERATE = "docs/operate.md";
const DEPLOY = "docs/deploy.md";
const UPSTREAM_KEY = "docs/decisions/when-do-functions-read-the-upstream-key.md";
const TASKS = "docs/decisions/how-many-tasks-does-a-job-need.md";
const LIMITS = "docs/decisions/how-are-requests-limited.md";
const LINKS = "docs/decisions/how-does-a-link-work.md";
/** `link-price.test.ts` compares all tables of that page. */
const LINK_PRICES = /^\|.*\|$/gm;
const WEEK = /^\| whose bank stays down for 7 days \| less than \$([\d.]+),/m;

/** The group of each expression is the figure. */
const CLAIMS: readonly (readonly [page: string, words: RegExp, exact: number, roundedTo: number])[] = [
  ["README.md", /1,000 jobs cost about \$([\d.]+)/, plain, CENT],
  ["README.md", /with an MFA challenge about \$([\d.]+)/, mfa, CENT],
  ["README.md", /a deployment without jobs about \$(\d+)/, aMonth, DOLLAR],
  [OPERATE, /^\| plain \| about \$([\d.]+) \|/m, plain, CENT],
  [OPERATE, /^\| plain \| .+ \| about \$([\d.]+) \|$/m, plainPoller, CENT],
  [OPERATE, /^\| with an MFA challenge \| about \$([\d.]+) \|/m, mfa, CENT],
  [OPERATE, /^\| with an MFA challenge \| .+ \| about \$([\d.]+) \|$/m, mfaPoller, CENT],
  [OPERATE, /half of it for the (\d+) state transitions/, queuedStates, 1],
  [OPERATE, /a deployment costs about \$(\d+) a month/, aMonth, DOLLAR],
  [OPERATE, /^\| two KMS keys \| \$(\d+) each/m, key, 1],
  [OPERATE, /rotations of the sealing key adds \$(\d+)/, key, 1],
  [OPERATE, /^\| a secret \| \$([\d.]+)/m, secret, 1],
  [OPERATE, /^\| the (\d+) metrics that \d+ alarms watch/m, alarmMetrics, 1],
  [OPERATE, /alarms watch \| \$([\d.]+) each/, alarmMetric, 1],
  [OPERATE, /^\| a dashboard \| \$(\d+)/m, dashboard, 1],
  [OPERATE, /^\| the runs of the sweeper \| \$([\d.]+)/m, sweeper, 1],
  [OPERATE, /^\| the six metrics of the sweeper \| \$([\d.]+) each/m, customMetric, 1],
  [OPERATE, /Other custom metrics cost \$([\d.]+) each/, customMetric, 1],
  [OPERATE, /^\| the runs of the function that looks at banks \| \$([\d.]+)/m, looks, 1],
  [OPERATE, /^\| the runs of the function that sends webhooks \| \$([\d.]+)/m, deliverer, 1],
  [OPERATE, /two metrics of the function that sends webhooks \| \$([\d.]+) each/, customMetric, 1],
  ["README.md", /or less than \$(\d+) with `monitoring: basic`/, MAX_BASIC_DOLLARS * MILLION, 1],
  [OPERATE, /it costs less than \$(\d+):/, MAX_BASIC_DOLLARS * MILLION, 1],
  [DEPLOY, /a deployment without jobs costs at most \$(\d+) a month/, MAX_BASIC_DOLLARS * MILLION, 1],
  ["README.md", /about (\d+) plain jobs a minute/, plainAMinute, 1],
  ["README.md", /plain jobs a minute, or (\d+) with/, mfaAMinute, 1],
  [OPERATE, /about (\d+) plain jobs a minute/, plainAMinute, 1],
  [OPERATE, /plain jobs a minute, or (\d+) with/, mfaAMinute, 1],
  [OPERATE, /job needs ([\d.]+) seconds of functions/, plainSlots, 1],
  [OPERATE, /MFA challenge ([\d.]+) seconds/, mfaSlots, 1],
  [OPERATE, /the plain poller needs ([\d.]+) and/, plainPollerSlots, 1],
  [OPERATE, /the plain poller needs \S+ and ([\d.]+)\./, mfaPollerSlots, 1],
  [LINKS, /sealed id would cost \$([\d.]+) more for 1,000/, priceOf("kmsAsymmetric", 1_000), 1],
  [UPSTREAM_KEY, /\$([\d.]+) for 10,000/, priceOf("secretRead", 10_000), 1],
  [
    LIMITS,
    /One write unit for each counted request, or \$([\d.]+) for 1,000/,
    priceOf("writeUnit", 1_000),
    1,
  ],
  [TASKS, /A job without MFA makes (\d+) transitions instead of 4/, plainStates, 1],
  ["docs/design.md", /finishes within a slice makes (\d+) transitions/, plainStates, 1],
  ["docs/design.md", /a job\s+with MFA makes (\d+);/, mfaStates, 1],
  [TASKS, /a job with MFA makes (\d+) instead of 8/, mfaStates, 1],
  [TASKS, /saves \$([\d.]+) and/, priceOf("stateTransition", 1_000), 1],
  [TASKS, /saves \S+ and \$([\d.]+),/, priceOf("stateTransition", 2_000), 1],
];

test.each(CLAIMS)(
  "%s has the figure that bench.md or prices.json has: %s",
  (page, words, exact, roundedTo) => {
    const [, figure] = words.exec(textOf(page)) ?? [];
    expect(millionths(figure)).toBe(Math.round(exact / roundedTo) * roundedTo);
  },
);

test("docs/operate.md has a bound for a job that is queued for 7 days, at most a tenth too high", () => {
  const [, figure] = WEEK.exec(textOf(OPERATE)) ?? [];
  expect(millionths(figure)).toBeGreaterThan(queued);
  expect(millionths(figure)).toBeLessThanOrEqual(queued * 1.1);
});

test("docs/operate.md has the number of metrics that each sweep measures", () => {
  expect(textOf(OPERATE)).toContain("the six metrics of the sweeper");
  expect(metricsOfASweep).toBe(6);
});

test("docs/deploy.md has what a month without a job costs, item by item as the template has it", () => {
  expect(withoutPrice(synthesizedResources())).toEqual([]);
  expect(textOf(DEPLOY)).toContain(idle.table);
  expect(idle.dollars["basic"]).toBeLessThanOrEqual(MAX_BASIC_DOLLARS);
});

test("No page has a price in dollars that is not compared here", () => {
  const root = new URL("../../../", import.meta.url);
  const pages = globSync(["README.md", "CONTRIBUTING.md", "docs/**/*.md"], { cwd: root });
  const compared = [...CLAIMS.map(([page, words]) => [page, words] as const), [OPERATE, WEEK] as const];
  const others = pages.flatMap((page) => {
    const written = textOf(page)
      .replaceAll(page === LINKS ? LINK_PRICES : /$^/g, "")
      .replace(page === DEPLOY ? idle.table : "", "");
    const prose = written.replaceAll(/```.*?```/gs, (code) => " ".repeat(code.length));
    const known = compared
      .filter(([of]) => of === page)
      .map(([, words]) => new RegExp(words, `${words.flags}d`).exec(prose)?.indices?.[1]?.[0]);
    const figures = [...prose.matchAll(/\$(?=\d)/g)].filter(({ index }) => !known.includes(index + 1));
    return figures.map(({ index }) => `${page}: ${prose.slice(index, index + 12)}`);
  });
  expect(pages.length).toBeGreaterThan(20);
  expect(others.filter((figure) => !figure.startsWith(BENCH))).toEqual([]);
});
