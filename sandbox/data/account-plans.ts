import type { AccountPlan } from "./profile.ts";

const aud = { currency: "AUD" } as const;
const cents = (dollars: number) => Math.round(dollars * 100);

/** The accounts that test users have. Amounts are in dollars. */
export function everyday(opening: number, name = "Everyday Account"): AccountPlan {
  return {
    ...aud,
    key: "everyday",
    type: "transaction",
    name,
    product: "Transaction",
    opening: cents(opening),
  };
}

export function saver(opening: number, name = "Online Saver"): AccountPlan {
  return { ...aud, key: "saver", type: "savings", name, product: "Saver", opening: cents(opening) };
}

export function creditCard(opening: number, limit: number, name = "Credit Card"): AccountPlan {
  const amounts = { opening: cents(opening), creditLimit: cents(limit) };
  return { ...aud, key: "card", type: "credit-card", name, product: "Visa", ...amounts };
}

export function mortgage(opening: number, limit: number): AccountPlan {
  const amounts = { opening: cents(opening), creditLimit: cents(limit) };
  return { ...aud, key: "mortgage", type: "mortgage", name: "Mortgage", product: "Home Loan", ...amounts };
}

export function loan(opening: number, limit: number, name: string): AccountPlan {
  const amounts = { opening: cents(opening), creditLimit: cents(limit) };
  return { ...aud, key: "loan", type: "loan", name, product: "Personal Loan", ...amounts };
}

export function termDeposit(opening: number): AccountPlan {
  const name = "Term Deposit 12 Months";
  return {
    ...aud,
    key: "term",
    type: "term-deposit",
    name,
    product: "Term Deposit",
    opening: cents(opening),
  };
}

export function investment(opening: number): AccountPlan {
  const name = "Share Trading Cash";
  return { ...aud, key: "shares", type: "investment", name, product: "Invest", opening: cents(opening) };
}

/** A policy has no balance. */
export function insurancePolicy(): AccountPlan {
  const name = "Home and Contents Policy";
  return { ...aud, key: "policy", type: "insurance", name, product: "Insurance", opening: null };
}

export function foreign(currency: "USD" | "GBP", opening: number): AccountPlan {
  const name = `Foreign Currency ${currency}`;
  return {
    key: currency,
    type: "foreign",
    name,
    product: "Foreign Currency",
    currency,
    opening: cents(opening),
  };
}

export function rewards(opening: number): AccountPlan {
  return {
    ...aud,
    key: "rewards",
    type: "unknown",
    name: "Member Rewards",
    product: "Rewards",
    opening: cents(opening),
  };
}
