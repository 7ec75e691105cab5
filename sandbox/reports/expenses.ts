import { monthText } from "../data/calendar.ts";
import type { TransactionClass } from "../data/habit.ts";
import type { Listed } from "../listed-transactions.ts";
import { money } from "../money.ts";
import { grouped, monthlyAverage, type ReportData, total } from "./report-data.ts";

const perMonth = { summary: "monthly" } as const;

/** Returns the body of an expenses report, without its links. */
export function expensesOf(data: ReportData) {
  const { entries } = data;
  const ofClass = (name: TransactionClass) => summaryOf(spentAs(name, entries), data);
  const payments = spentAs("payment", entries);
  const divisions = [...grouped(payments, (entry) => divisionOf(entry).title)];
  return {
    bankFees: ofClass("bank-fee"),
    cashWithdrawals: ofClass("cash-withdrawal"),
    externalTransfers: summaryOf(externalTransfers(entries), data),
    loanInterests: ofClass("loan-interest"),
    loanRepayments: ofClass("loan-repayment"),
    payments: divisions.map(([division, spent]) => ({
      division,
      avgMonthly: money(monthlyAverage(total(spent), data)),
      percentageTotal: Math.round((total(spent) / total(payments)) * 10_000) / 100,
      subCategory: [...grouped(spent, (entry) => classOf(entry).code).values()].map(subCategory),
    })),
  };
}

/** Returns the average of all expenses in a month, in cents: a negative number. Transfers to own accounts are no expenses. */
export function averageExpenses(data: ReportData): number {
  const { entries } = data;
  const classes = ["payment", "bank-fee", "cash-withdrawal", "loan-repayment"] as const;
  const spent = classes.flatMap((name) => spentAs(name, entries));
  return monthlyAverage(total([...spent, ...externalTransfers(entries)]), data);
}

export function spentAs(name: TransactionClass, entries: readonly Listed[]): readonly Listed[] {
  return entries.filter(({ transaction }) => transaction.habit.class === name && transaction.cents < 0);
}

function externalTransfers(entries: readonly Listed[]): readonly Listed[] {
  return spentAs("transfer", entries).filter(({ transaction }) => transaction.habit.other === undefined);
}

function summaryOf(spent: readonly Listed[], data: ReportData) {
  return {
    ...perMonth,
    avgMonthly: money(monthlyAverage(total(spent), data)),
    changeHistory: changeHistory(spent),
  };
}

function subCategory(spent: readonly Listed[]) {
  const [first] = spent;
  const expenseClass =
    first === undefined
      ? { classCode: "", classTitle: "", divisionCode: "", divisionTitle: "" }
      : {
          classCode: classOf(first).code,
          classTitle: classOf(first).title,
          divisionCode: divisionOf(first).code,
          divisionTitle: divisionOf(first).title,
        };
  return { category: { expenseClass }, changeHistory: changeHistory(spent), ...perMonth };
}

/** The newest month comes first. */
function changeHistory(spent: readonly Listed[]) {
  return [...grouped(spent, ({ transaction }) => monthText(transaction.postDay))]
    .map(([date, entries]) => ({ date, amount: money(total(entries)) }))
    .toSorted((a, b) => b.date.localeCompare(a.date));
}

const unknown = { code: "", title: "Other" };

function divisionOf({ transaction }: Listed) {
  return transaction.habit.merchant?.category.division ?? unknown;
}

function classOf({ transaction }: Listed) {
  return transaction.habit.merchant?.category.class ?? unknown;
}
