import { dateText } from "../data/calendar.ts";
import type { Listed } from "../listed-transactions.ts";
import { cleanText } from "../transaction-reply.ts";
import { grouped, type ReportData } from "./report-data.ts";

export type Credit = { readonly day: number; readonly cents: number; readonly source: string };

/** Credits from one source, newest first. */
export type Series = {
  readonly source: string;
  readonly credits: readonly [Credit, ...Credit[]];
  /** The days between two credits, if they are regular. */
  readonly rhythm: Rhythm | undefined;
};

export type Rhythm = {
  readonly frequency: "weekly" | "bi-weekly" | "monthly" | "quarterly";
  readonly days: number;
  readonly tolerance: number;
};

const rhythms: readonly Rhythm[] = [
  { frequency: "weekly", days: 7, tolerance: 2 },
  { frequency: "bi-weekly", days: 14, tolerance: 3 },
  { frequency: "monthly", days: 30.4, tolerance: 5 },
  { frequency: "quarterly", days: 91.3, tolerance: 7 },
];

/** Returns the credits of a report by their account and source, without transfers between own accounts and refunds. */
export function creditSeries({ entries }: ReportData): Series[] {
  const keyOf = (entry: Listed) => `${entry.account.id}/${sourceOf(entry)}`;
  return [...grouped(entries.filter(isIncome), keyOf).values()].flatMap((found) => {
    const [first, ...rest] = found.map(creditOf).toSorted((a, b) => b.day - a.day);
    if (first === undefined) return [];
    return [{ source: first.source, credits: [first, ...rest], rhythm: rhythmOf([first, ...rest]) }];
  });
}

function isIncome({ transaction: { cents, habit } }: Listed): boolean {
  const isFromOutside = habit.class === "transfer" && habit.other === undefined;
  return cents > 0 && (habit.class === "direct-credit" || habit.class === "interest" || isFromOutside);
}

/** A source is the text of a statement without the numbers of invoices and senders. */
function sourceOf({ transaction }: Listed): string {
  return cleanText(transaction.text)
    .replace(/^Direct Credit \d+ |\s+(?:INV )?\d+$/g, "")
    .toLowerCase();
}

function creditOf(entry: Listed): Credit {
  const { postDay, cents } = entry.transaction;
  return { day: postDay, cents, source: sourceOf(entry) };
}

function rhythmOf(credits: readonly Credit[]): Rhythm | undefined {
  const gaps = credits.slice(1).map(({ day }, index) => (credits[index]?.day ?? day) - day);
  const typical = median(gaps);
  return rhythms.find(({ days, tolerance }) => {
    const regular = gaps.filter((gap) => Math.abs(gap - days) <= tolerance);
    return Math.abs(typical - days) <= tolerance && regular.length >= gaps.length * 0.8;
  });
}

export function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  const [low, high] = [sorted[Math.ceil(sorted.length / 2) - 1] ?? 0, sorted[middle] ?? 0];
  return (low + high) / 2;
}

export function ageDays({ credits }: Series): number {
  return credits[0].day - (credits.at(-1) ?? credits[0]).day;
}

export function creditDate(day: number): string {
  return `${dateText(day)}T00:00:00`;
}
