import { type Chart, svgOf } from "./chart.ts";
import { INVOCATIONS_PER_SLOT, QUOTAS, type Quota, stageQuota } from "./quotas.ts";
import { type Alone, overloadName, type Results, rateName } from "./results.ts";
import {
  BEFORE_MINUTES,
  KINDS,
  LIMITS,
  OVERLOAD_MINUTES,
  OVERLOADS,
  RATE_MINUTES,
  RATES,
} from "./scenarios.ts";
import { minutesUntilBack, type Summary } from "./summary.ts";

/** The tables of the page, by the names of their places in it. */
export function tablesOf(results: Results): { readonly [name: string]: string } {
  return {
    quotas: quotaTable(),
    alone: aloneTable(results),
    first: firstTable(results),
    overloads: overloadTable(results),
    seen: seenTable(results),
  };
}

function table(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const alignment = header.map((_, index) => (index === 0 ? "---" : "---:"));
  return [header, alignment, ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

const amount = (value: number) => value.toLocaleString("en-US", { maximumFractionDigits: 2 });
const whole = (value: number) => Math.floor(value).toLocaleString("en-US");

function quotaTable(): string {
  const rows = Object.entries<Quota>(QUOTAS).map(([name, { bucket, perSecond, source }]) => [
    name,
    amount(bucket),
    amount(perSecond),
    source.startsWith("https:") ? `[AWS](${source})` : `\`${source}\``,
  ]);
  return table(["Quota", "Bucket", "Refilled a second", "Source"], rows);
}

function aloneTable({ alone }: Results): string {
  const row = (title: string, of: (one: Alone) => number) => [
    title,
    ...KINDS.map((kind) => amount(found(alone, kind, of))),
  ];
  return table(
    ["One job takes", ...KINDS],
    [
      row("seconds from the POST's reply to the end", ({ seconds }) => seconds),
      row("function-seconds", ({ slotSeconds }) => slotSeconds),
      row("runs of functions", ({ invocations }) => invocations),
      row("requests of the client", ({ requests }) => requests),
      row("state transitions", ({ transitions }) => transitions),
      row("writes of DynamoDB", ({ writes }) => writes),
      row("write units, with indexes", ({ writeUnits }) => writeUnits),
      row("read units", ({ readUnits }) => readUnits),
      row("calls of KMS", ({ kms }) => kms),
    ],
  );
}

function found<Of, Value>(all: Readonly<Record<string, Of>>, name: string, of: (one: Of) => Value): Value {
  const one = all[name];
  if (one === undefined) throw new Error(`There is no result of "${name}".`);
  return of(one);
}

/** The sweeper's calls are not those of a job. */
const NOT_OF_A_JOB = /^(DescribeExecution|StopExecution|index swept-by-time, reads)$/;
/** The partitions of this index share the jobs. */
const SWEPT = "index swept-by-time 0, writes";
const STAGE = "gateway, stage";
const FULL_STAGE = "gateway, stage, with `concurrency` 1,000";

function meanOfShards(tokens: Alone["tokens"]): number {
  const shards = Object.entries(tokens).filter(([name]) => /^index swept-by-time \d/.test(name));
  return shards.reduce((sum, [, taken]) => sum + taken, 0) / shards.length;
}

/** How many jobs a second each quota allows, by what one job takes: the lowest gives first. */
function firstTable({ alone }: Results): string {
  const allowed = (perSecond: number, of: (one: Alone) => number) =>
    KINDS.map((kind) => perSecond / found(alone, kind, of));
  const ofTokens = Object.entries<Quota>({ ...QUOTAS, [FULL_STAGE]: stageQuota(1_000) })
    .filter(([name]) => !NOT_OF_A_JOB.test(name) && (!name.startsWith("index swept") || name === SWEPT))
    .map(([name, { perSecond }]) => ({
      name: name === SWEPT ? "index swept-by-time, each of four partitions" : name,
      perSecond,
      allowed: allowed(perSecond, ({ tokens }) =>
        name === SWEPT ? meanOfShards(tokens) : (tokens[name === FULL_STAGE ? STAGE : name] ?? 0),
      ),
    }));
  const ofSlots = [10, 100, 1_000].flatMap((slots) => [
    {
      name: `**Lambda, ${amount(slots)} concurrent executions**`,
      perSecond: slots,
      allowed: allowed(slots, ({ slotSeconds }) => slotSeconds),
    },
    {
      name: `Lambda, invocations with ${amount(slots)} concurrent executions`,
      perSecond: slots * INVOCATIONS_PER_SLOT,
      allowed: allowed(slots * INVOCATIONS_PER_SLOT, ({ invocations }) => invocations),
    },
  ]);
  const rows = [...ofSlots, ...ofTokens]
    .filter(({ allowed: [plain = Number.POSITIVE_INFINITY] }) => Number.isFinite(plain) || plain > 0)
    .toSorted((a, b) => (a.allowed[0] ?? 0) - (b.allowed[0] ?? 0))
    .map(({ name, perSecond, allowed: each }) => [
      name,
      amount(perSecond),
      ...each.map((jobs) => (Number.isFinite(jobs) ? (jobs < 10 ? jobs.toFixed(1) : whole(jobs)) : "–")),
    ]);
  return table(["Quota", "A second", ...KINDS.map((kind) => `jobs a second, ${kind}`)], rows);
}

function overloadRows({ overloads }: Results) {
  return OVERLOADS.flatMap((one) => {
    const summary = overloads[overloadName(one)];
    return summary === undefined ? [] : [{ one, summary }];
  });
}

function settingsOf({ concurrency, isLimited }: (typeof OVERLOADS)[number]): string {
  return isLimited ? String(LIMITS[concurrency].maxRunning) : "none";
}

function overloadTable(results: Results): string {
  const rows = overloadRows(results).map(({ one, summary }) => {
    const back = minutesUntilBack(summary, BEFORE_MINUTES, OVERLOAD_MINUTES);
    const during = summary.minutes.slice(BEFORE_MINUTES + 1, BEFORE_MINUTES + OVERLOAD_MINUTES);
    const mean = during.reduce((sum, { succeeded }) => sum + succeeded, 0) / during.length / 60;
    return [
      `${one.name}, ${amount(one.concurrency)}`,
      settingsOf(one),
      `${one.usual} → ${one.most}`,
      mean.toFixed(mean < 10 ? 2 : 1),
      amount(summary.accepted),
      amount(failures(summary)),
      `${summary.lost}, ${summary.doubled}, ${summary.secretsLeft}`,
      amount(summary.longestSeconds),
      back === undefined ? "–" : back === 0 ? "under 1" : String(back),
    ];
  });
  return table(
    [
      "Jobs, functions",
      "`maxRunningJobs`",
      "new clients a second",
      "jobs a second in the overload",
      "accepted",
      "failed",
      "lost, sent twice, secrets left",
      "longest job, s",
      "minutes until as before",
    ],
    rows,
  );
}

function failures({ failed }: Summary): number {
  return Object.values(failed).reduce((sum, each) => sum + each, 0);
}

function seenTable(results: Results): string {
  const share = (part: number, all: number) => (all === 0 ? "–" : `${((100 * part) / all).toFixed(1)} %`);
  const rows = overloadRows(results).map(
    ({ one, summary: { replies, missed, requests, turnedAway, offered } }) => {
      const of = (name: string) => replies[name] ?? 0;
      const [withHeader, bare] = [
        of("503 with Retry-After") + of("429 with Retry-After"),
        of("503 without Retry-After") + of("429 without Retry-After"),
      ];
      const posts = Object.values(replies).reduce((sum, each) => sum + each, 0);
      return [
        `${one.name}, ${amount(one.concurrency)}`,
        settingsOf(one),
        amount(of("202") + of("200")),
        amount(withHeader),
        amount(of("503 without Retry-After")),
        amount(of("429 without Retry-After")),
        share(withHeader, withHeader + bare),
        share(missed, requests - posts),
        share(turnedAway, offered),
      ];
    },
  );
  return table(
    [
      "Jobs, functions",
      "`maxRunningJobs`",
      "POSTs: accepted",
      "503 with `Retry-After`",
      "503 of the gateway",
      "429 of the gateway",
      "refusals with `Retry-After`",
      "other requests refused by the gateway",
      "clients that gave up after four POSTs",
    ],
    rows,
  );
}

/** The pictures of the page, by the names of their files. */
export function picturesOf(results: Results): { readonly [file: string]: string } {
  const charts: { [file: string]: Chart } = {
    "capacity-rates": ratesChart(results),
    "capacity-overload": overTime(
      results,
      "Jobs that end, ten functions, plain jobs",
      "jobs a minute",
      (minute) => minute.succeeded,
    ),
    "capacity-duration": {
      ...overTime(
        results,
        "How long jobs take, ten functions, plain jobs",
        "seconds, 95 % of jobs (log)",
        ({ p95 }) => p95 ?? undefined,
      ),
      isLogarithmic: true,
    },
  };
  return Object.fromEntries(Object.entries(charts).map(([name, chart]) => [`${name}.svg`, svgOf(chart)]));
}

function ratesChart({ rates }: Results): Chart {
  const line = (kind: keyof typeof RATES, isLimited: boolean) => ({
    name: `${kind}\n${isLimited ? `limit ${LIMITS[10].maxRunning}` : "no limit"}`,
    isDashed: !isLimited,
    points: RATES[kind].map((perSecond) => {
      const ended = found(rates, rateName(kind, perSecond, isLimited), ({ minutes }) =>
        // The first minute only begins, and in the last one nobody comes any more.
        minutes.slice(1, RATE_MINUTES).reduce((sum, { succeeded }) => sum + succeeded, 0),
      );
      return [perSecond, ended / (60 * (RATE_MINUTES - 1))] as const;
    }),
  });
  return {
    title: "Jobs that end, by the clients that come, on ten functions",
    x: "new clients a second",
    y: "jobs a second",
    lines: [line("plain", false), line("plain", true), line("with MFA", false), line("with MFA", true)],
  };
}

function overTime(
  { overloads }: Results,
  title: string,
  y: string,
  of: (minute: Summary["minutes"][number]) => number | undefined,
): Chart {
  const line = (isLimited: boolean) => {
    const name = overloadName({ name: "plain", concurrency: 10, isLimited, usual: 0, most: 0 });
    const points = found(overloads, name, ({ minutes }) =>
      minutes.flatMap((minute, index) => {
        const value = of(minute);
        return value === undefined || (minute.offered === 0 && minute.succeeded === 0)
          ? []
          : [[index + 0.5, value] as const];
      }),
    );
    return { name: isLimited ? `limit ${LIMITS[10].maxRunning}` : "no limit", isDashed: !isLimited, points };
  };
  return {
    title,
    x: "minutes",
    y,
    lines: [line(false), line(true)],
    marked: { from: BEFORE_MINUTES, to: BEFORE_MINUTES + OVERLOAD_MINUTES, name: "overload" },
  };
}

const PLACE = /(<!-- generated: (\w+) -->\n)[\s\S]*?(<!-- end -->)/g;

/** Puts the tables into their places in the text of the page. */
export function withTables(text: string, tables: Readonly<Record<string, string>>): string {
  return text.replace(PLACE, (_, begin: string, name: string, end: string) => {
    const block = tables[name];
    if (block === undefined) throw new Error(`There is no table "${name}".`);
    return `${begin}${block}\n${end}`;
  });
}
