/** Days are numbers: how many days after 1 January 1970, in UTC. */
const dayMs = 86_400_000;

/** Days of the year on which Australian banks post nothing, as month and day. */
const holidays: ReadonlySet<string> = new Set(["01-01", "01-26", "04-25", "12-25", "12-26"]);

export function dayOf(epochMs: number): number {
  return Math.floor(epochMs / dayMs);
}

/** `2026-01-05` */
export function dateText(day: number): string {
  return new Date(day * dayMs).toISOString().slice(0, 10);
}

/** `2026-01` */
export function monthText(day: number): string {
  return dateText(day).slice(0, 7);
}

/** 0 is Sunday. */
export function weekday(day: number): number {
  return (day + 4) % 7;
}

export function isBusinessDay(day: number): boolean {
  const isWeekend = weekday(day) === 0 || weekday(day) === 6;
  return !isWeekend && !holidays.has(dateText(day).slice(5));
}

/** Returns the day itself if it is a business day. */
export function businessDayFrom(day: number): number {
  let found = day;
  while (!isBusinessDay(found)) found++;
  return found;
}

export function monthStart(day: number, monthsLater = 0): number {
  const date = new Date(day * dayMs);
  return dayOf(Date.UTC(date.getUTCFullYear(), date.getUTCMonth() + monthsLater, 1));
}

/** Returns the day of the month, or the last one of a shorter month. */
export function dayInMonth(anyDay: number, dayOfMonth: number): number {
  return Math.min(monthStart(anyDay) + dayOfMonth - 1, monthStart(anyDay, 1) - 1);
}
