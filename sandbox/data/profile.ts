import type { Habit } from "./habit.ts";
import type { Place } from "./places.ts";

/** The published classes of accounts. */
export type AccountType =
  | "transaction"
  | "savings"
  | "credit-card"
  | "mortgage"
  | "loan"
  | "investment"
  | "term-deposit"
  | "insurance"
  | "foreign"
  | "unknown";

export type AccountPlan = {
  /** Names the account within its profile. */
  readonly key: string;
  readonly type: AccountType;
  readonly name: string;
  /** The bank's product, without the name of the bank. */
  readonly product: string;
  /** In the published list of currencies. */
  readonly currency: "AUD" | "USD" | "GBP";
  /** In cents, before the first transaction. `null`: the bank shows no balance. */
  readonly opening: number | null;
  /** In cents. Undefined: the account has no credit limit. */
  readonly creditLimit?: number;
};

/** What a test user has at every bank, and does with it. */
export type Profile = {
  readonly fullName: string;
  readonly occupation: string;
  readonly home: Place;
  readonly accounts: readonly [AccountPlan, ...AccountPlan[]];
  readonly habits: readonly Habit[];
};
