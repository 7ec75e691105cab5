import { oddText } from "./odd-texts.ts";
import type { Random } from "./random.ts";

const TAILS = [
  "%",
  "%zz",
  "%c3%28",
  "%00",
  "%u0041",
  "&&&=&=",
  "?a=b",
  "#",
  "+",
  ";limit=1",
  "%ED%A0%80",
  "__proto__=1",
];

const FILTERS: ((value: string) => string)[] = [
  (value) => `connection.id.eq('${value}')`,
  (value) => `connection.id.eq('a'),connection.id.eq('${value}')`,
  (value) => `institution.id.eq("${value}")`,
  (value) => `institution.id.eq('AU00000') or true ${value}`,
  (value) => `__proto__.id.eq('${value}')`,
  (value) => `connection.id.in('${value}','b')`,
  (value) => `connection.id.eq('''${value}''')`,
  (value) => `${"connection.id.eq('a'),".repeat(200)}${value}`,
  (value) => `connection.id.eq('${"(".repeat(3_000)}${value}`,
  (value) => value,
];
const LIMITS = [
  "0",
  "-1",
  "501",
  "1e2",
  "0x10",
  "1.5",
  " 5",
  "٣",
  "99999999999999999999",
  "NaN",
  "5,5",
  "5\n",
];
const PLACES = [
  "_",
  "2026-01-05T09:00:00.000Z",
  "9999-99-99T99:99:99.999Z_",
  "0000-00-00T00:00:00.000Z_00000000-0000-4000-8000-000000000000",
];

/** A value in one of the forms that a query may have it in, rightly and wrongly. */
export function escaped(random: Random, value: string): string {
  const wellFormed = value.toWellFormed();
  const kind = random.below(5);
  if (kind === 0) return encodeURIComponent(encodeURIComponent(wellFormed));
  if (kind === 1) return value;
  if (kind === 2)
    return [...Buffer.from(wellFormed)].map((byte) => `%${byte.toString(16).padStart(2, "0")}`).join("");
  return encodeURIComponent(wellFormed);
}

export function oddQuery(random: Random, mark: string, query: { [name: string]: string }): string {
  const value = () => oddText(random, mark);
  const pairs = Object.entries(query).filter(() => random.chance(0.6));
  const odd: [string, string][] = [
    ["filter", random.pick(FILTERS)(value())],
    ["limit", random.chance(0.7) ? random.pick(LIMITS) : value()],
    ["next", random.chance(0.5) ? random.pick(PLACES) : `2026-01-05T09:00:00.000Z_${value()}`],
    [value(), value()],
  ];
  const parts = [...pairs, random.pick(odd), ...(random.chance(0.3) ? [random.pick(odd)] : [])].map(
    ([name, text]) => `${random.chance(0.9) ? name : escaped(random, name)}=${escaped(random, text)}`,
  );
  return `${parts.join("&")}${random.chance(0.3) ? `&${random.pick(TAILS)}` : ""}`;
}
