import { dayOf, monthText } from "../data/calendar.ts";
import { money } from "../money.ts";
import {
  ageDays,
  type Credit,
  creditDate,
  creditSeries,
  median,
  type Rhythm,
  type Series,
} from "./credit-series.ts";
import { monthlyAverage, type ReportData } from "./report-data.ts";

/** Published: income has at least 5 credits across at least 90 days. */
const minCredits = 5;
const minDays = 90;
/** In cents a month. Regular credits that are smaller are no income. */
const smallAmount = 10_000;

type Kind =
  | "regular"
  | "irregular"
  | "former regular income"
  | "regular income small amount"
  | "other income";

/** Returns the body of an income report, without its links. */
export function incomeOf(data: ReportData) {
  const series = creditSeries(data);
  const ofKind = (...kinds: readonly Kind[]) => series.filter((each) => kinds.includes(kindOf(each, data)));
  const irregular = ofKind("irregular");
  const others = ofKind("former regular income", "regular income small amount", "other income");
  const irregularTotal = irregular.flatMap(({ credits }) => credits).reduce(sum, 0);
  return {
    regular: regularSeries(data).map((each) => regularSource(each, data)),
    irregular: irregular.map((each) => ({
      ...sourceOf(each),
      frequency: "irregular",
      current: currentOf(each),
    })),
    otherCredit: others.map((each) => ({
      ...sourceOf(each),
      frequency: each.rhythm?.frequency ?? "other",
      current: { ...currentOf(each), otherCreditLabel: kindOf(each, data) },
    })),
    summary: {
      regularIncomeAvg: money(regularIncome(data)),
      regularIncomeYTD: money(sinceJuly(data)),
      regularIncomeYear: money(regularIncome(data) * 12),
      irregularIncomeAvg: money(monthlyAverage(irregularTotal, data)),
    },
  };
}

/** Returns the regular income of a month in cents: the median of the last three months for each source. */
export function regularIncome(data: ReportData): number {
  return regularSeries(data).reduce((income, series) => income + monthlyAmount(series, data), 0);
}

/** Returns the average of all credits from others in a month, in cents. */
export function averageIncome(data: ReportData): number {
  const credits = creditSeries(data).flatMap((series) => series.credits);
  return monthlyAverage(credits.reduce(sum, 0), data);
}

type RegularSeries = Series & { readonly rhythm: Rhythm };

function regularSeries(data: ReportData): RegularSeries[] {
  return creditSeries(data).flatMap((series) =>
    series.rhythm !== undefined && kindOf(series, data) === "regular"
      ? [{ ...series, rhythm: series.rhythm }]
      : [],
  );
}

function kindOf(series: Series, data: ReportData): Kind {
  const { credits, rhythm } = series;
  const isLong = credits.length >= minCredits && ageDays(series) >= minDays;
  if (!isLong) return "other income";
  if (rhythm === undefined) return "irregular";
  const monthly = median(credits.map(({ cents }) => cents)) * (30.4 / rhythm.days);
  if (monthly < smallAmount) return "regular income small amount";
  return endOf(data) - credits[0].day > rhythm.days * 2 ? "former regular income" : "regular";
}

/** The last day with a transaction in the report. */
function endOf({ entries }: ReportData): number {
  return entries.reduce((last, { transaction }) => Math.max(last, transaction.postDay), 0);
}

function regularSource(series: RegularSeries, data: ReportData) {
  const { source, credits, rhythm } = series;
  const amounts = recent(series, data).map(({ cents }) => cents);
  const expected = Math.round(ageDays(series) / rhythm.days) + 1;
  return {
    source,
    frequency: rhythm.frequency,
    ageDays: ageDays(series),
    changeHistory: credits.map(changeOf),
    current: { ...currentOf(series), nextDate: creditDate(Math.round(credits[0].day + rhythm.days)) },
    irregularity: {
      gaps: gapsOf(series),
      stability: Math.min(100, (credits.length / expected) * 100).toFixed(2),
    },
    previous3Months: {
      amountAvg: money(Math.round(median(amounts))),
      amountAvgMonthly: money(monthlyAmount(series, data)),
      variance: money(Math.max(...amounts, 0) - Math.min(...amounts)),
    },
  };
}

function recent({ credits }: Series, data: ReportData): readonly Credit[] {
  const since = endOf(data) - 91;
  const found = credits.filter(({ day }) => day > since);
  return found.length === 0 ? credits.slice(0, 1) : found;
}

function monthlyAmount(series: RegularSeries, data: ReportData): number {
  return Math.round(median(recent(series, data).map(({ cents }) => cents)) * (365 / 12 / series.rhythm.days));
}

/** The months in which a credit was expected and did not come. */
function gapsOf({ credits, rhythm }: RegularSeries): string[] {
  const gaps = credits.slice(1).flatMap(({ day }, index) => {
    const next = credits[index]?.day ?? day;
    return next - day > rhythm.days + rhythm.tolerance ? [monthText(Math.round(day + rhythm.days))] : [];
  });
  return [...new Set(gaps)];
}

/** The Australian financial year begins in July. */
function sinceJuly(data: ReportData): number {
  const end = new Date(endOf(data) * 86_400_000);
  const year = end.getUTCMonth() >= 6 ? end.getUTCFullYear() : end.getUTCFullYear() - 1;
  const july = dayOf(Date.UTC(year, 6, 1));
  const credits = regularSeries(data).flatMap((series) => series.credits);
  return credits.filter(({ day }) => day >= july).reduce(sum, 0);
}

function sourceOf(series: Series) {
  const { source, credits } = series;
  const months = Math.max(1, ageDays(series) / 30.4);
  return {
    source,
    ageDays: ageDays(series),
    noOccurrences: credits.length,
    amountAvg: money(Math.round(credits.reduce(sum, 0) / credits.length)),
    avgMonthlyOccurence: String(Math.round((credits.length / months) * 10) / 10),
    changeHistory: credits.map(changeOf),
  };
}

function currentOf({ credits }: Series) {
  return { amount: money(credits[0].cents), date: creditDate(credits[0].day) };
}

function changeOf({ cents, day, source }: Credit) {
  return { amount: money(cents), date: creditDate(day), source };
}

function sum(total: number, { cents }: Credit): number {
  return total + cents;
}
