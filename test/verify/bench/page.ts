import { cpus } from "node:os";
import type { Counted } from "./counts.ts";
import { JOB_KINDS } from "./job-kinds.ts";
import { pageSpeedBlocks } from "./page-speeds.ts";
import { passDelayBlocks } from "./pass-delays.ts";
import {
  assumptions,
  ELSEWHERE,
  monthly,
  nominalMs,
  PRICE_LINES,
  priceOf,
  priceOfRuns,
  region,
  sum,
  sumOf,
  totalOf,
} from "./prices.ts";
import { jobsByMemory, startUpBlocks } from "./start-up/page.ts";
import { percentile, type StartUp } from "./start-up/start-up.ts";
import { amount, type Column, dollars, NOTHING, tableOf } from "./table.ts";

/** A column of the page: a kind of job on one of the two systems. */
export type KindFigures = ReturnType<typeof kindFigures>[number];

export function kindFigures(system: "ours" | "poller", deployment: Counted) {
  return JOB_KINDS.flatMap((kind) => {
    const counts = deployment.kinds[kind.name];
    if (counts === undefined) return [];
    const title = system === "ours" ? kind.title : `poller, ${kind.title}`;
    // With the time that the functions took on this machine.
    const measuredPrice = priceOf(counts, deployment, { msOf: ({ measuredMs }) => measuredMs });
    const priceElsewhere = priceOf(counts, deployment, { list: ELSEWHERE });
    return [
      { title, kind, counts, deployment, price: priceOf(counts, deployment), priceElsewhere, measuredPrice },
    ];
  });
}

/** What is over the budget of its kind, a line each. */
export function brokenBudgets(figures: readonly KindFigures[]): string[] {
  return figures.flatMap(({ title, kind, counts: { transitions, writes }, price }) => {
    const { budget } = kind;
    const { writes: most = Number.POSITIVE_INFINITY } = budget;
    const total = totalOf(price);
    const steps = `${title}: ${transitions} transitions, at most ${budget.transitions}`;
    const cost = `${title}: ${dollars(total)} for 1,000 jobs, at most $${budget.dollarsPer1000.toFixed(2)}`;
    return [
      ...(transitions > budget.transitions ? [steps] : []),
      ...(writes > most ? [`${title}: ${writes} writes, at most ${most}`] : []),
      ...(total > budget.dollarsPer1000 ? [cost] : []),
    ];
  });
}

/** The functions that a new account of AWS runs at once. */
const SLOTS = 10;

/** What follows from counts alone. */
export function columnOf(figures: KindFigures): Column {
  const { counts, title, kind, deployment, price, priceElsewhere } = figures;
  const all = sumOf(Object.values(counts.usage));
  const slotSeconds = nominalMs(all) / 1000;
  const { smallest, largest } = counts.itemBytes;
  const requests = ["create-connection", "get-job", "answer-mfa"].map(
    (name) => counts.usage[name]?.calls ?? 0,
  );
  const jobsAMinute = amount(Math.floor((SLOTS * 60) / slotSeconds));
  const cells: [label: string, cell: string][] = [
    ["state transitions", amount(counts.transitions)],
    ["history events", amount(counts.historyEvents)],
    ["function calls", amount(all.calls)],
    // Calls of each function, and the time that is reckoned for them.
    ...Object.entries(counts.usage).map(([name, usage]): [string, string] => [
      `\`${name}\`, ${deployment.functions[name]?.memoryMb} MB`,
      `${amount(usage.calls)}, ${amount(nominalMs(usage))} ms`,
    ]),
    ["slots × seconds", slotSeconds.toFixed(1)],
    // The runs of a queued job are spread over a week.
    ...(kind.isDown ? [] : [[`jobs a minute on ${SLOTS} slots`, jobsAMinute] as [string, string]]),
    [
      "write units, in so many writes, and so many of the rows of its bank",
      `${amount(all.writeUnits)} in ${amount(counts.writes)} and ${amount(counts.writesOfBank)}`,
    ],
    ["items written, bytes", `${amount(smallest)} to ${amount(largest)}`],
    ["read units", amount(all.readUnits)],
    ["KMS calls", amount(all.kmsSymmetric + all.kmsAsymmetric)],
    ["upstream calls", amount(all.upstreamCalls)],
    ["HTTP requests", amount(sum(requests))],
    ["bytes logged by us", amount(all.logBytes)],
    ...PRICE_LINES.map((line): [string, string] => [line, dollars(price[line])]),
    ["**dollars for 1,000 jobs**", `**${dollars(totalOf(price))}**`],
    [`the same in ${ELSEWHERE.region}`, dollars(totalOf(priceElsewhere))],
  ];
  return { title, cells: new Map(cells) };
}

/** The cells of a column in the first table of a page, without those that say that there are none. */
export function columnIn(page: string, title: string): ReadonlyMap<string, string> {
  const [table = ""] = /(?:^\|.*\n)+/m.exec(page) ?? [];
  const [header = [], , ...rows] = table
    .split("\n")
    .map((line) => line.split("|").map((cell) => cell.trim()));
  const index = header.indexOf(title);
  const cells = rows.map((row): [string, string] => [row[1] ?? "", row[index] ?? NOTHING]);
  return new Map(cells.filter(([, cell]) => cell !== NOTHING));
}

interface Bench {
  columns: readonly KindFigures[];
  /** In milliseconds, by the title of the column. */
  delays: ReadonlyMap<string, readonly number[]>;
  passDelays: Parameters<typeof passDelayBlocks>[0];
  pageSpeeds: Parameters<typeof pageSpeedBlocks>[0];
  startUps: readonly StartUp[];
  counted: Counted;
}

/** The whole of `docs/reference/bench.md`. */
export function pageOf({ columns, delays, passDelays, pageSpeeds, startUps, counted }: Bench): string {
  return [
    "# What a job costs",
    "Written by `npm run bench`. A test counts again, but for the poller with MFA, and fails when the first table says otherwise.",
    "## A job, counted",
    `A job at the sandbox bank: its steps take 2 s each, and whoever is asked answers at once. The bank of the queued one says in its record that it is down, refuses the first login, and stays down until the job is given up. With the client's part: the POST, a GET every 2 s until the job is over, or one every 12 h of a queued job, the answer's POST, and one token for ${assumptions.jobsSharing.value} jobs. The columns at the right are a [plain poller](../../test/verify/bench/poller/definition.asl.json) that submits, and then waits 2 s, looks and chooses until the job is over; its API, tables and upstream client are the same.`,
    tableOf(columns.map(columnOf)),
    `A function that runs holds one of the account's slots (concurrent executions): slots × seconds is the time of all functions of a job together, also while they wait for the bank. A new account has ${SLOTS} slots; the sweeper and requests of other jobs need some of them too.`,
    `List prices of ${region} without a free tier, in [prices.json](../../test/verify/bench/prices.json) with their dates and sources. In ${ELSEWHERE.region}, DynamoDB, the HTTP API and CloudWatch Logs cost more, and the rest costs the same; nobody has compared these higher prices with AWS's price list, so check them before you rely on them. A transition is a state that is entered, or a retry. The time of a function is reckoned, so that the same counts are the same price, and rather too long: looks are counted at a bank that answers at once, and there are fewer when each takes time.`,
    bullets(
      Object.entries(assumptions).map(
        ([name, { value, reason }]) => `\`${name}\` ${amount(value)}: ${reason}`,
      ),
    ),
    "At a bank whose record is good while logins fail, a job waits in the same way once three attempts in a row have failed, and one job in two hours tries for all: 1,000 jobs send at most 86 logins more than 1,000, each for the price of a plain job at most.",
    "Shared by jobs are the row of a bank for which they wait (written once a minute at most) and the looks at its record, a token, the public key that each verifying function of the job fetches once, and upstream's API key and token that each of its functions fetches that reaches upstream. Not in it: cold starts, data sent to the client, storage, and upstream's own price.",
    "## A reading that passes",
    passLine(counted),
    "## A month without a job",
    bullets([
      ...monthlyPrices(counted.resources),
      sweeperMonthly(counted),
      looksMonthly(counted),
      deliverySweepsMonthly(counted),
    ]),
    "## Measured",
    `${new Date().toISOString().slice(0, 10)}, local mode on ${cpus().length} × ${cpus()[0]?.model.trim()}, Node ${process.versions.node}. No test compares these.`,
    "Seconds between a change at the bank and its visibility through `GET /jobs/{id}`, of ten jobs at once, each read every 0.1 s. Local mode's stand-ins for AWS answer at once on this machine, so these seconds contain no network, no API Gateway, no start of a function, and no latency of DynamoDB, KMS, Step Functions or the aggregator:",
    tableOf([...delays].map(([title, values]) => ({ title, cells: delayCells(values) }))),
    "Dollars for 1,000 jobs with the time that the functions took here, where AWS and upstream answer at once:",
    tableOf(
      columns.map(({ title, measuredPrice }) => ({
        title,
        cells: new Map([["measured", dollars(totalOf(measuredPrice))]]),
      })),
    ),
    ...passDelayBlocks(passDelays),
    ...pageSpeedBlocks(pageSpeeds),
    ...startUpBlocks(startUps),
    "Dollars for the time of functions that have started already, in 1,000 jobs, if all functions of a group had the size. What they compute takes less time with more memory, and what they wait for does not:",
    jobsByMemory(
      columns.filter(({ title }) => !title.startsWith("poller")),
      startUps,
    ),
  ]
    .map((block) => `${block}\n`)
    .join("\n");
}

function bullets(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join("\n");
}

function delayCells(values: readonly number[]): ReadonlyMap<string, string> {
  const seconds = (percent: number) => (percentile(values, percent) / 1000).toFixed(2);
  return new Map([
    ["median", seconds(50)],
    ["p95", seconds(95)],
    ["max", seconds(100)],
  ]);
}

const MINUTES = 30 * 24 * 60;

const PASSES = 1000;

/** At most this, in dollars for 1,000 readings. */
export const PASS_BUDGET = 0.004;

export function passPrice({ passUsage, functions }: Counted): number {
  return priceOfRuns("pass-through", passUsage, PASSES, functions);
}

/** Without the client's token, and without what an instance fetches once. */
export function passLine(counted: Counted): string {
  const { awsCalls, upstreamCalls, logBytes } = counted.passUsage;
  const does = `${nominalMs(counted.passUsage)} ms, ${upstreamCalls} call of the aggregator, ${awsCalls} of AWS, ${logBytes} bytes logged`;
  return `1,000 readings cost $${passPrice(counted).toFixed(4)}, at most $${PASS_BUDGET}: ${does} each.`;
}

/** The sweeper runs whether there are jobs or not. */
export function sweeperMonthly({ sweepUsage, functions }: Counted): string {
  const dollarsAMonth = priceOfRuns("sweep", sweepUsage, MINUTES, functions);
  const { awsCalls, readUnits, logBytes } = sweepUsage;
  const each = `${nominalMs(sweepUsage)} ms, ${awsCalls} queries that find nothing, ${readUnits} read units, ${logBytes} bytes logged`;
  return `${amount(MINUTES)} runs of the sweeper, together $${dollarsAMonth.toFixed(2)}: ${each} each. It never looks at a job that ends in time; a job in the queue is an entry of some 120 bytes more that it counts every 15 minutes`;
}

/** So does the function that looks at banks. */
export function looksMonthly({ lookUsage, functions }: Counted): string {
  const dollarsAMonth = priceOfRuns("look-at-banks", lookUsage, MINUTES, functions);
  const { awsCalls, readUnits, logBytes } = lookUsage;
  const each = `${nominalMs(lookUsage)} ms, ${awsCalls} query that finds nothing, ${readUnits} read units, ${logBytes} bytes logged`;
  return `${amount(MINUTES)} runs of the function that looks at banks, together $${dollarsAMonth.toFixed(2)}: ${each} each, while no job waits for a bank`;
}

/** So does the function that sends webhooks. */
export function deliverySweepsMonthly({ deliverySweepUsage, functions }: Counted): string {
  const dollarsAMonth = priceOfRuns("deliver-webhooks", deliverySweepUsage, MINUTES, functions);
  const { awsCalls, readUnits, logBytes } = deliverySweepUsage;
  const each = `${nominalMs(deliverySweepUsage)} ms, ${awsCalls} call of AWS, ${readUnits} read units, ${logBytes} bytes logged`;
  return `${amount(MINUTES)} runs of the function that sends webhooks, together $${dollarsAMonth.toFixed(2)}: ${each} each, without a webhook`;
}

/** What the template has of it, and the price of one of what it may get. */
function monthlyPrices({ keys, alarmMetrics, dashboards }: Counted["resources"]): string[] {
  const { kmsKey, secret, alarmMetric, dashboard, customMetric } = monthly;
  const priced = (count: number, { dollars: each, unit }: { dollars: number; unit: string }) =>
    `${count} × $${each.toFixed(2)}: ${unit}`;
  return [
    priced(keys, kmsKey),
    priced(1, secret),
    priced(alarmMetrics, alarmMetric),
    priced(dashboards, dashboard),
    `$${customMetric.dollars.toFixed(2)} for each ${customMetric.unit}`,
  ];
}
