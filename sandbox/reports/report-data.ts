import { accountsOf, type BankAccount } from "../bank-account.ts";
import { monthText } from "../data/calendar.ts";
import { type Listed, listedAfter } from "../listed-transactions.ts";
import type { Report, State } from "../state.ts";

/** What a report is computed from. */
export type ReportData = {
  readonly report: Report;
  readonly accounts: readonly BankAccount[];
  /** The posted transactions in Australian dollars in the months of the report, newest first in each account. */
  readonly entries: readonly Listed[];
  /** How many days the transactions cover. */
  readonly coverageDays: number;
};

/** A report is not stored: it is computed again from what the sandbox showed when the report was made. */
export function reportData(state: State, report: Report): ReportData {
  const accounts = accountsOf(state, report.userId, report.createdAt).filter(
    ({ id }) => report.accounts === null || report.accounts.includes(id),
  );
  const inDollars = accounts.filter(({ plan }) => plan.currency === "AUD");
  const entries = [...listedAfter(inDollars)].filter((entry) => isIn(report, entry));
  const days = entries.map(({ transaction }) => transaction.postDay);
  const [first, last] = [days.reduce(least, Number.POSITIVE_INFINITY), days.reduce(most, 0)];
  return { report, accounts, entries, coverageDays: entries.length === 0 ? 0 : last - first + 1 };
}

export function isIn({ fromMonth, toMonth }: Report, { isPending, transaction }: Listed): boolean {
  const month = monthText(transaction.postDay);
  return !isPending && month >= fromMonth && month <= toMonth;
}

function least(a: number, b: number): number {
  return Math.min(a, b);
}

function most(a: number, b: number): number {
  return Math.max(a, b);
}

/** The published average of a month: the total for each day that the report covers, times 30. */
export function monthlyAverage(cents: number, { coverageDays }: ReportData): number {
  return coverageDays === 0 ? 0 : Math.round((cents / coverageDays) * 30);
}

export function total(entries: readonly Listed[]): number {
  return entries.reduce((sum, { transaction }) => sum + transaction.cents, 0);
}

/** Returns the entries under each key, in the order in which the keys first occur. */
export function grouped<Entry>(
  entries: readonly Entry[],
  keyOf: (entry: Entry) => string,
): ReadonlyMap<string, readonly Entry[]> {
  return Map.groupBy(entries, keyOf);
}
