import { bill, type Habit, refunds, shopping } from "./habit.ts";
import { merchants as at } from "./merchants.ts";
import { monthly, quarterly } from "./when.ts";

/** What most people pay, from one account. */
export function living(account: string): readonly Habit[] {
  return [
    shopping(account, at.pantry, 1.6),
    shopping(account, at.basket, 0.9),
    shopping(account, at.cafe, 3.2),
    shopping(account, at.noodles, 0.9),
    shopping(account, at.pharmacy, 0.4),
    bill(account, at.mobile, monthly(12)),
    bill(account, at.electricity, quarterly(18)),
  ];
}

/** What people with more money pay. */
export function moreLiving(account: string): readonly Habit[] {
  return [
    ...living(account),
    shopping(account, at.restaurant, 0.7),
    shopping(account, at.fuel, 0.9),
    shopping(account, at.clothing, 0.3),
    shopping(account, at.hardware, 0.3),
    shopping(account, at.departmentStore, 0.25),
    refunds(account, at.clothing, 0.06),
    bill(account, at.films, monthly(7)),
    bill(account, at.internet, monthly(20)),
  ];
}
