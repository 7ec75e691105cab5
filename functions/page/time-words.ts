const SECOND_MS = 1000;
const MINUTE_MS = 60 * SECOND_MS;
const HOUR_MS = 60 * MINUTE_MS;
const DAY_MS = 24 * HOUR_MS;
const ROUGH_MS = 5 * MINUTE_MS;

/** Returns a time to a second in a language, such as `1 minute 58 seconds`. */
export function exactly(ms: number, tag: string): string {
  const seconds = Math.max(0, Math.ceil(ms / SECOND_MS));
  return joined(tag, [Math.floor(seconds / 60), "minute"], [seconds % 60, "second"]);
}

/** Returns a time as precisely as a person needs it who waits: up to an hour in whole minutes, rounded up. */
export function roughly(ms: number, tag: string): string {
  const step = ms > HOUR_MS ? ROUGH_MS : MINUTE_MS;
  const rounded = Math.max(1, ms > HOUR_MS ? Math.round(ms / step) : Math.ceil(ms / step)) * step;
  const days = Math.floor(rounded / DAY_MS);
  const hours = Math.floor((rounded % DAY_MS) / HOUR_MS);
  if (days > 0) return joined(tag, [days, "day"], [hours, "hour"]);
  return joined(tag, [hours, "hour"], [(rounded % HOUR_MS) / MINUTE_MS, "minute"]);
}

/** Leaves out what is zero, unless everything is. */
function joined(tag: string, ...parts: readonly [count: number, unit: string][]): string {
  const told = parts.filter(([count]) => count > 0);
  const texts = (told.length > 0 ? told : parts.slice(-1)).map(([count, unit]) =>
    new Intl.NumberFormat(tag, { style: "unit", unit, unitDisplay: "long" }).format(count),
  );
  return new Intl.ListFormat(tag, { type: "unit", style: "narrow" }).format(texts);
}
