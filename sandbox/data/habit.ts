import { type Merchant, statementName } from "./merchants.ts";
import type { Place } from "./places.ts";
import { between, digitsFrom, type Random } from "./random.ts";
import { monthly, perWeek, type When } from "./when.ts";

/** The published classes of transactions. */
export const transactionClasses = [
  "bank-fee",
  "payment",
  "cash-withdrawal",
  "transfer",
  "loan-interest",
  "refund",
  "direct-credit",
  "interest",
  "loan-repayment",
] as const;
export type TransactionClass = (typeof transactionClasses)[number];

/** What a habit can read when it makes a transaction. */
export type Moment = {
  readonly random: Random;
  /** The posted balance of an account, in cents. */
  readonly balanceOf: (account: string) => number;
  /** The last four digits of an account's number. */
  readonly endOf: (account: string) => string;
  /** A text that never changes for a customer of a bank. */
  readonly customer: string;
  /** Where the customer lives and shops. */
  readonly home: Place;
};

/** Something that a customer or a bank does again and again. */
export type Habit = {
  readonly account: string;
  /** The own account that gets the opposite amount. */
  readonly other?: string;
  readonly when: When;
  readonly class: TransactionClass;
  readonly merchant?: Merchant;
  /** Whether the bank posts it a business day or two later. */
  readonly isCard?: true;
  /** In cents. Negative: money leaves the account. 0: nothing happens. */
  readonly amount: (moment: Moment) => number;
  /** The text in the statement of the account, and in that of the other account. */
  readonly text: (moment: Moment, cents: number) => string;
  readonly otherText?: (moment: Moment, cents: number) => string;
};

/** Converts dollars to cents. */
export const dollars = (amount: number) => Math.round(amount * 100);
const reference = (moment: Moment, name: string, digits: number) =>
  digitsFrom(`${moment.customer}/${name}`, digits);

/** A wage or a pension. */
export function income(account: string, amount: number, when: When, payer: string): Habit {
  const text = (moment: Moment) => `Direct Credit ${reference(moment, payer, 6)} ${payer}`;
  return { account, when, class: "direct-credit", amount: () => dollars(amount), text };
}

/** Money that comes at no fixed time. */
export function invoices(
  account: string,
  low: number,
  high: number,
  timesPerWeek: number,
  payer: string,
): Habit {
  return {
    account,
    when: perWeek(timesPerWeek),
    class: "direct-credit",
    amount: ({ random }) => between(random, dollars(low), dollars(high)),
    text: ({ random }) => `Fast Payment ${payer} INV ${between(random, 1_000, 9_999)}`,
  };
}

export function shopping(account: string, merchant: Merchant, timesPerWeek: number): Habit {
  return {
    account,
    when: perWeek(timesPerWeek),
    class: "payment",
    merchant,
    isCard: true,
    amount: ({ random }) => -between(random, ...merchant.price),
    text: ({ endOf, home }) =>
      `${statementName(merchant)} ${home.suburb.toUpperCase()} ${home.state} AUS Card xx${endOf(account)}`,
  };
}

export function refunds(account: string, merchant: Merchant, timesPerWeek: number): Habit {
  const bought = shopping(account, merchant, timesPerWeek);
  return {
    ...bought,
    class: "refund",
    amount: ({ random }) => between(random, ...merchant.price),
    text: (moment, cents) => `Refund ${bought.text(moment, cents)}`,
  };
}

export function bill(account: string, merchant: Merchant, when: When): Habit {
  return {
    account,
    when,
    class: "payment",
    merchant,
    amount: ({ random }) => -between(random, ...merchant.price),
    text: (moment) => `Direct Debit ${statementName(merchant)} ${reference(moment, merchant.name, 8)}`,
  };
}

/** Money to or from an account of somebody else. */
export function payAnyone(account: string, amount: number, when: When, text: string): Habit {
  return { account, when, class: "transfer", amount: () => dollars(amount), text: () => text };
}

/** `rate` is for a year. A bank charges interest on debts and pays interest on the rest. */
export function interest(account: string, rate: number, isDebt: boolean): Habit {
  return {
    account,
    when: monthly(1),
    class: isDebt ? "loan-interest" : "interest",
    amount: ({ balanceOf }) => {
      const balance = balanceOf(account);
      return isDebt === balance < 0 ? Math.round((balance * rate) / 12) : 0;
    },
    text: () => (isDebt ? "Interest Charged" : "Credit Interest"),
  };
}

export function fee(account: string, amount: number, when: When, text: string): Habit {
  return { account, when, class: "bank-fee", amount: () => -dollars(amount), text: () => text };
}

export function cash(account: string, timesPerWeek: number): Habit {
  return {
    account,
    when: perWeek(timesPerWeek),
    class: "cash-withdrawal",
    isCard: true,
    amount: ({ random }) => -between(random, 2, 10) * dollars(20),
    text: ({ random, endOf }) =>
      `ATM Withdrawal ATM ${between(random, 1_000, 9_999)} Card xx${endOf(account)}`,
  };
}

/** The sales and the purchases of a busy shop, for users with very many transactions. */
export function trade(account: string, timesPerDay: number): readonly Habit[] {
  const half = (name: TransactionClass, what: string, sign: 1 | -1): Habit => ({
    account,
    when: perWeek((timesPerDay / 2) * 7),
    class: name,
    amount: ({ random }) => sign * between(random, 300, 6_000),
    text: ({ random }) => `EFTPOS ${what} ${between(random, 100_000, 999_999)}`,
  });
  return [half("direct-credit", "Sale", 1), half("payment", "Supplier Payment", -1)];
}
