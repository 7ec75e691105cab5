import { businessDayFrom, dateText } from "./calendar.ts";
import type { Habit, Moment } from "./habit.ts";
import type { Profile } from "./profile.ts";
import { between, digitsFrom, type Random, randomFrom } from "./random.ts";
import { timesOn } from "./when.ts";

/** A transaction as a bank has it. Amounts are in cents. */
export type BankTransaction = {
  readonly day: number;
  readonly postDay: number;
  readonly cents: number;
  /** The balance after it. `null`: it is not posted yet. */
  readonly balance: number | null;
  readonly text: string;
  readonly habit: Habit;
};

export type History = {
  /** Oldest first. New transactions only ever come to the end. */
  readonly posted: readonly BankTransaction[];
  /** Those that the bank has authorised, but not posted. */
  readonly pending: readonly BankTransaction[];
  /** Without the pending ones. */
  readonly balance: number | null;
};

type Planned = { readonly habit: Habit; readonly day: number; readonly random: Random };

/** A customer of a bank: the same text gives the same history. */
export type Customer = { readonly profile: Profile; readonly seed: string };

/** The last four digits of the number of a customer's account. */
export function endOfNumber(seed: string, account: string): string {
  return digitsFrom(`${seed}/${account}/number`, 4);
}

/**
 * Computes what happened on all accounts of a customer from one day to another, both included. A history to a later day
 * begins with the history to an earlier one, and every transfer between two accounts is in both.
 */
export function historiesOf(
  { profile, seed }: Customer,
  fromDay: number,
  toDay: number,
): ReadonlyMap<string, History> {
  const balances = new Map(profile.accounts.map(({ key, opening }) => [key, opening ?? 0]));
  const posted = new Map(profile.accounts.map(({ key }) => [key, [] as BankTransaction[]]));
  const pending = new Map(profile.accounts.map(({ key }) => [key, [] as BankTransaction[]]));
  const ends = new Map(profile.accounts.map(({ key }) => [key, endOfNumber(seed, key)]));
  const momentOf = (random: Random): Moment => ({
    random,
    customer: seed,
    home: profile.home,
    balanceOf: (account) => balances.get(account) ?? 0,
    endOf: (account) => ends.get(account) ?? "",
  });

  function post({ habit, day, random }: Planned, postDay: number): void {
    const moment = momentOf(random);
    const cents = habit.amount(moment);
    if (cents === 0) return;
    const text = `${habit.text(moment, cents)}${postDay === day ? "" : valueDate(day)}`;
    add(habit.account, { habit, day, postDay, cents, text });
    if (habit.other === undefined) return;
    const otherText = habit.otherText?.(moment, -cents) ?? text;
    add(habit.other, { habit, day, postDay, cents: -cents, text: otherText });
  }

  function add(account: string, transaction: Omit<BankTransaction, "balance">): void {
    if (transaction.postDay > toDay) {
      pending.get(account)?.push({ ...transaction, balance: null });
      return;
    }
    const balance = (balances.get(account) ?? 0) + transaction.cents;
    balances.set(account, balance);
    posted.get(account)?.push({ ...transaction, balance });
  }

  const plan = new Map<number, Planned[]>();
  for (let day = fromDay; day <= toDay; day++) {
    for (const [index, habit] of profile.habits.entries()) {
      const random = randomFrom(`${seed}/${index}/${day}`);
      for (let left = timesOn(habit.when, day, random); left > 0; left--) {
        const lag = habit.isCard ? between(random, 1, 2) : 0;
        const postDay = lag === 0 ? day : businessDayFrom(day + lag);
        const own = randomFrom(random() * 2 ** 32);
        const planned = plan.get(postDay) ?? [];
        planned.push({ habit, day, random: own });
        plan.set(postDay, planned);
      }
    }
    for (const planned of plan.get(day) ?? []) post(planned, day);
    plan.delete(day);
  }
  for (const [postDay, later] of [...plan].toSorted(([a], [b]) => a - b)) {
    for (const planned of later) post(planned, postDay);
  }
  return new Map(
    profile.accounts.map(({ key, opening }) => [
      key,
      {
        posted: posted.get(key) ?? [],
        pending: pending.get(key) ?? [],
        balance: opening === null ? null : (balances.get(key) ?? 0),
      },
    ]),
  );
}

/** A card payment that is posted later shows the day on which it was made. */
function valueDate(day: number): string {
  const [year, month, date] = dateText(day).split("-");
  return ` Value Date: ${date}/${month}/${year}`;
}
