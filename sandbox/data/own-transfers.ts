import { dollars, type Habit, type Moment } from "./habit.ts";
import { fortnightly, type When } from "./when.ts";

/** A fixed transfer between two own accounts. */
export function transfer(account: string, other: string, amount: number, when: When): Habit {
  return { ...ownTransfer(account, other), when, amount: () => -dollars(amount) };
}

/** Every two weeks, moves money above `top` to the other account, or moves money back if the balance is below `floor`. */
export function level(account: string, other: string, floor: number, top: number): Habit {
  const amount = ({ balanceOf }: Moment) => {
    const balance = balanceOf(account);
    const missing = Math.ceil((dollars(top) - balance) / dollars(50)) * dollars(50);
    if (balance < dollars(floor)) return Math.min(missing, Math.max(balanceOf(other), 0));
    return balance > dollars(top) + dollars(50) ? missing : 0;
  };
  return { ...ownTransfer(account, other), when: fortnightly(1), amount };
}

function ownTransfer(account: string, other: string): Omit<Habit, "when" | "amount"> {
  const text = (to: string) => (moment: Moment, cents: number) =>
    `Transfer ${cents < 0 ? "to" : "from"} xx${moment.endOf(to)}`;
  return { account, other, class: "transfer", text: text(other), otherText: text(account) };
}

/** Pays what is due on a card. */
export function payCard(account: string, card: string, when: When, share = 1): Habit {
  return {
    account,
    other: card,
    when,
    class: "transfer",
    amount: ({ balanceOf }) => Math.min(0, Math.round(balanceOf(card) * share)),
    text: ({ endOf }) => `Credit Card Payment xx${endOf(card)}`,
    otherText: () => "Payment Received, Thank You",
  };
}

export function repay(account: string, loan: string, amount: number, when: When): Habit {
  return {
    account,
    other: loan,
    when,
    class: "loan-repayment",
    amount: () => -dollars(amount),
    text: ({ endOf }) => `Loan Repayment LN REPAY xx${endOf(loan)}`,
    otherText: () => "Repayment Received",
  };
}
