import type { Random } from "./random.ts";

export const NAMES_OF_PROTOTYPES = [
  "__proto__",
  "constructor",
  "prototype",
  "toString",
  "hasOwnProperty",
  "valueOf",
  "toJSON",
  "then",
  "__defineGetter__",
];

const SHAPES: ((mark: string) => string)[] = [
  (mark) => mark,
  (mark) => `${mark}\ud800`,
  (mark) => `\udfff${mark}\udbff`,
  (mark) => `${mark}\0`,
  (mark) => `\u0001\u0008\u000b\u001b[31m${mark}\u007f\u0085`,
  (mark) => `\ufeff${mark}`,
  (mark) => `${mark}\u202e\u2066\u200b\u2028`,
  (mark) => `${mark}\r\nSet-Cookie: ${mark}=1`,
  (mark) => `${mark}${"e\u0301".repeat(50)}`,
  (mark) => `${mark}👩‍👩‍👧‍👦${"🏳️‍🌈".repeat(20)}`,
  (mark) => `../../${mark}`,
  (mark) => `..%2f..%2f${mark}`,
  (mark) => `\\\\${mark}\\c$`,
  (mark) => `${mark}' OR '1'='1`,
  (mark) => `{"$ne":"${mark}"}`,
  (mark) => `\${${mark}}{{${mark}}}<%= ${mark} %>`,
  (mark) => `<script>${mark}</script>`,
  (mark) => `http://${mark}.example/#?`,
  (mark) => `${mark}#job#claim#`,
  (mark) => `%00%ff%${mark}`,
  (mark) => `${mark}${"x".repeat(10_000)}`,
  (mark) => `${"é".repeat(5_000)}${mark}`,
  (mark) => `${"a".repeat(60)}${mark}!`,
  (mark) => ` ${mark} \t`,
];

/** A text that no client sends; all but the empty ones hold the mark. */
export function oddText(random: Random, mark: string): string {
  if (random.chance(0.05)) return random.pick(["", " ", "null", "undefined", "[object Object]", "\0"]);
  if (random.chance(0.05)) return random.pick(NAMES_OF_PROTOTYPES);
  return random.pick(SHAPES)(mark);
}

const IDS = [
  "00000000-0000-4000-8000-000000000000",
  "00000000-0000-0000-0000-000000000000",
  "FFFFFFFF-FFFF-4FFF-8FFF-FFFFFFFFFFFF",
  ".",
  "..",
  "-",
  "_",
  "refresh",
  "0",
  "-1",
  "१२३",
  "%2e%2e",
];

/** An id as nobody's is, or as one's might be. */
export function oddId(random: Random, mark: string, valid: string): string {
  const changed = [
    `${valid}\n`,
    ` ${valid}`,
    `${valid}\0`,
    `${valid}/`,
    `${valid}${mark}`,
    valid.toUpperCase(),
  ];
  return random.chance(0.3) ? random.pick([...IDS, ...changed]) : oddText(random, mark);
}
