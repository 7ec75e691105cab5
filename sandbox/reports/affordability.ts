import { availableFunds, productOf } from "../account-reply.ts";
import type { BankAccount } from "../bank-account.ts";
import { anzsic } from "../data/anzsic.ts";
import { dateText, dayOf, monthStart } from "../data/calendar.ts";
import { shortNameOf } from "../institutions.ts";
import type { Listed } from "../listed-transactions.ts";
import { money } from "../money.ts";
import { averageExpenses, spentAs } from "./expenses.ts";
import { averageIncome, regularIncome } from "./income.ts";
import { grouped, monthlyAverage, type ReportData, total } from "./report-data.ts";

/** Returns the body of an affordability report, without its links. The summary is in Australian dollars. */
export function affordabilityOf(data: ReportData) {
  const shown = data.accounts.filter(({ history }) => history.balance !== null);
  const debts = shown.filter(isDebt);
  const cards = debts.filter(({ plan }) => plan.type === "credit-card");
  const loans = debts.filter(({ plan }) => plan.type !== "credit-card");
  const assets = shown.filter((account) => !isDebt(account));
  return {
    summary: summaryOf(data, assets, debts),
    assets: assets.map((account) => assetOf(account, data)),
    liabilities: {
      credit: cards.map((account) => creditOf(account, data)),
      loan: loans.map((account) => loanOf(account, data)),
    },
    external: externalLiabilities(data),
  };
}

function isDebt({ plan }: BankAccount): boolean {
  return plan.creditLimit !== undefined;
}

function summaryOf(data: ReportData, assets: readonly BankAccount[], debts: readonly BankAccount[]) {
  const [owned, owed] = [sumOf(assets, balanceOf), sumOf(debts, balanceOf)];
  const income = regularIncome(data);
  const expenses = averageExpenses(data);
  const cards = debts.filter(({ plan }) => plan.type === "credit-card");
  return {
    assets: money(owned),
    liabilities: money(owed),
    netPosition: money(owned + owed),
    creditLimit: money(sumOf(cards, ({ plan }) => plan.creditLimit ?? 0)),
    expenses: money(expenses),
    savings: money(averageIncome(data) + expenses),
    loanRepaymentMonthly: money(-monthlyAverage(total(spentAs("loan-repayment", data.entries)), data)),
    potentialLiabilitiesMonthly: money(monthlyAverage(total(externalPayments(data)), data)),
    regularIncome: { previous3Months: { avgMonthly: money(income) } },
  };
}

function balanceOf({ plan, history }: BankAccount): number {
  return plan.currency === "AUD" ? (history.balance ?? 0) : 0;
}

function sumOf(accounts: readonly BankAccount[], amount: (account: BankAccount) => number): number {
  return accounts.reduce((sum, account) => sum + amount(account), 0);
}

function describe(account: BankAccount) {
  const { plan, institution, history } = account;
  const balance = history.balance ?? 0;
  return {
    account: { type: plan.type, product: productOf(account) },
    institution: shortNameOf(institution),
    currency: plan.currency,
    balance: money(balance),
    availableFunds: availableFunds(account),
  };
}

function assetOf(account: BankAccount, data: ReportData) {
  const { minBalance, maxBalance } = extremes(since(monthsBack(data, 6), account));
  return { type: "account", ...describe(account), previous6Months: { minBalance, maxBalance } };
}

function creditOf(account: BankAccount, data: ReportData) {
  const month = previousMonth(account, data);
  const advances = spentAs("cash-withdrawal", since(monthsBack(data, 6), account));
  return {
    ...describe(account),
    creditLimit: money(account.plan.creditLimit ?? 0),
    previousMonth: { ...extremes(month), ...flows(month) },
    previous6Months: { cashAdvances: money(total(advances)) },
  };
}

function loanOf(account: BankAccount, data: ReportData) {
  const month = previousMonth(account, data);
  const ofClass = (name: string) => month.filter(({ transaction }) => transaction.habit.class === name);
  return {
    ...describe(account),
    previousMonth: {
      ...flows(month),
      totalInterestCharged: money(total(ofClass("loan-interest"))),
      totalRepayments: money(total(ofClass("loan-repayment"))),
    },
    previous6Months: { arrears: "false" },
    changeHistory: since(monthsBack(data, 6), account).map(({ transaction: { cents, postDay, text } }) => ({
      amount: money(cents),
      date: dateText(postDay),
      direction: cents < 0 ? "debit" : "credit",
      source: text,
    })),
  };
}

/** The first day of the month that is `months` months before the report. */
function monthsBack({ report }: ReportData, months: number): number {
  return monthStart(dayOf(report.createdAt), -months);
}

function since(day: number, account: BankAccount): Listed[] {
  return account.history.posted
    .map((transaction, index) => ({ account, transaction, index, isPending: false }))
    .filter(({ transaction }) => transaction.postDay >= day)
    .reverse();
}

function previousMonth(account: BankAccount, data: ReportData): Listed[] {
  const end = monthsBack(data, 0);
  return since(monthsBack(data, 1), account).filter(({ transaction }) => transaction.postDay < end);
}

function extremes(entries: readonly Listed[]) {
  const balances = entries.map(({ transaction }) => transaction.balance ?? 0);
  return balances.length === 0
    ? { minBalance: money(0), maxBalance: money(0) }
    : { minBalance: money(Math.min(...balances)), maxBalance: money(Math.max(...balances)) };
}

function flows(entries: readonly Listed[]) {
  const part = (isCredit: boolean) => entries.filter(({ transaction }) => transaction.cents > 0 === isCredit);
  return { totalCredits: money(total(part(true))), totalDebits: money(total(part(false))) };
}

/** Payments to lenders that are not among the accounts. */
function externalPayments({ entries }: ReportData): readonly Listed[] {
  return spentAs("payment", entries).filter(
    ({ transaction }) => transaction.habit.merchant?.category.class.code === anzsic.lending.class.code,
  );
}

function externalLiabilities(data: ReportData) {
  const bySource = grouped(
    externalPayments(data),
    ({ transaction }) => transaction.habit.merchant?.name ?? "",
  );
  return [...bySource].map(([source, payments]) => {
    const days = payments.map(({ transaction }) => transaction.postDay);
    return {
      source: source.toLowerCase(),
      payments: [
        {
          noOccurrences: payments.length,
          amountAvg: money(Math.round(total(payments) / payments.length)),
          amountAvgMonthly: money(monthlyAverage(total(payments), data)),
          total: money(total(payments)),
          first: dateText(Math.min(...days)),
          last: dateText(Math.max(...days)),
        },
      ],
      changeHistory: payments.map(({ transaction: { cents, postDay, text } }) => ({
        amount: money(cents),
        date: dateText(postDay),
        source: text,
      })),
    };
  });
}
