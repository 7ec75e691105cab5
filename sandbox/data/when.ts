import { businessDayFrom, dayInMonth, isBusinessDay, monthText, weekday } from "./calendar.ts";
import type { Random } from "./random.ts";

/** The days on which something happens. Fixed days that are no business days move to the next one. */
export type When =
  | { readonly every: "week" | "fortnight"; readonly weekday: number }
  | { readonly every: "month" | "quarter"; readonly dayOfMonth: number }
  /** At no fixed day: the average number in a week. Shopping happens on weekends too. */
  | { readonly perWeek: number };

export const weekly = (onWeekday: number): When => ({ every: "week", weekday: onWeekday });
export const fortnightly = (onWeekday: number): When => ({ every: "fortnight", weekday: onWeekday });
export const monthly = (dayOfMonth: number): When => ({ every: "month", dayOfMonth });
export const quarterly = (dayOfMonth: number): When => ({ every: "quarter", dayOfMonth });
export const perWeek = (times: number): When => ({ perWeek: times });

/** Returns how often it happens on this day. */
export function timesOn(when: When, day: number, random: Random): number {
  if ("perWeek" in when) return Math.floor(when.perWeek / 7 + random());
  if (!isBusinessDay(day)) return 0;
  return nominalDays(when, day).some((nominal) => businessDayFrom(nominal) === day) ? 1 : 0;
}

/** The longest run of days without a business day is Christmas next to a weekend. */
const longestBreak = 5;

function nominalDays(when: Exclude<When, { perWeek: number }>, day: number): number[] {
  if ("weekday" in when) {
    const last = day - ((weekday(day) - when.weekday + 7) % 7);
    return when.every === "week" || isEvenWeek(last) ? [last] : [];
  }
  return [dayInMonth(day, when.dayOfMonth), dayInMonth(day - longestBreak, when.dayOfMonth)].filter(
    (nominal) => nominal <= day && (when.every === "month" || isQuarter(nominal)),
  );
}

function isEvenWeek(day: number): boolean {
  return Math.floor((day + 3) / 7) % 2 === 0;
}

function isQuarter(day: number): boolean {
  return Number(monthText(day).slice(5)) % 3 === 0;
}
