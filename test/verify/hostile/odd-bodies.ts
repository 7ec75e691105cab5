import { mulberry32 } from "../../support/seeded-ids.ts";

/** The same choices for the same seed. */
export class Random {
  /** From 0 up to 1. */
  readonly next: () => number;

  constructor(seed: number) {
    this.next = mulberry32(seed);
  }

  below(limit: number): number {
    return Math.floor(this.next() * limit);
  }

  chance(share: number): boolean {
    return this.next() < share;
  }

  pick<Item>(items: readonly Item[]): Item {
    const item = items[this.below(items.length)];
    if (item === undefined) throw new Error("There is nothing to choose from.");
    return item;
  }
}

export const NAMES_OF_PROTOTYPES =
  "__proto__ constructor prototype toString hasOwnProperty valueOf toJSON then __defineGetter__".split(" ");

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

/** A text that no client sends. Most contain the mark. */
export function oddText(random: Random, mark: string): string {
  if (random.chance(0.05)) return random.pick(["", " ", "null", "undefined", "[object Object]", "\0"]);
  if (random.chance(0.05)) return random.pick(NAMES_OF_PROTOTYPES);
  return random.pick(SHAPES)(mark);
}

/** A text that goes into a body as it is, whether it is JSON or not. */
export class Raw {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
}

/** An object in which a key may be there twice. */
class Members {
  readonly entries: [string, Tree][];
  constructor(entries: [string, Tree][]) {
    this.entries = entries;
  }
}

/** JSON, and what is nearly JSON. */
export type Tree = null | boolean | number | string | Raw | Members | Tree[];

export function treeOf(value: unknown): Tree {
  if (Array.isArray(value)) return value.map(treeOf);
  if (typeof value === "object" && value !== null)
    return new Members(Object.entries(value).map(([name, each]) => [name, treeOf(each)]));
  if (typeof value === "string" || typeof value === "number" || typeof value === "boolean") return value;
  return null;
}

export function written(tree: Tree): string {
  if (tree instanceof Raw) return tree.text;
  if (tree instanceof Members)
    return `{${tree.entries.map(([name, value]) => `${JSON.stringify(name)}:${written(value)}`).join(",")}}`;
  if (Array.isArray(tree)) return `[${tree.map(written).join(",")}]`;
  return JSON.stringify(tree);
}

interface Place {
  value: Tree;
  put(value: Tree): void;
  drop(): void;
  /** Adds a member with the same key, or an item. */
  repeat(value: Tree): void;
}

/** Every place below the tree. */
export function placesIn(tree: Tree): Place[] {
  if (tree instanceof Members) {
    const { entries } = tree;
    return entries.flatMap((entry) => [
      {
        value: entry[1],
        put: (value: Tree) => void entry.splice(1, 1, value),
        drop: () => void entries.splice(entries.indexOf(entry), 1),
        repeat: (value: Tree) => void entries.push([entry[0], value]),
      },
      ...placesIn(entry[1]),
    ]);
  }
  if (!Array.isArray(tree)) return [];
  return tree.flatMap((item, index) => [
    {
      value: item,
      put: (value: Tree) => void tree.splice(index, 1, value),
      drop: () => void tree.splice(index, 1),
      repeat: (value: Tree) => void tree.push(value),
    },
    ...placesIn(item),
  ]);
}

function objectsIn(tree: Tree): Members[] {
  const below = placesIn(tree).map(({ value }) => value);
  return [tree, ...below].filter((value) => value instanceof Members);
}

const NUMBERS = [
  ..."0 -0 1 -1 0.1 1e400 -1e400 1e-400 9007199254740993 1E+2 01 0x1f .5 1. +1 NaN Infinity -Infinity 1e 1_000".split(
    " ",
  ),
  "9".repeat(500),
  `0.${"0".repeat(500)}1`,
];
const WORDS = [
  ..."true false null undefined True '' /**/1 {} []".split(" "),
  ...['"\\x41"', '"\\u12"', '"\u0001"', '"a\nb"', ""],
];

function oddValue(random: Random, mark: string): Tree {
  const kind = random.below(10);
  if (kind < 5) return oddText(random, mark);
  if (kind < 7) return new Raw(random.pick(NUMBERS));
  if (kind < 8) return new Raw(random.pick(WORDS));
  if (kind < 9) return [oddText(random, mark), null];
  return new Members([[oddText(random, mark), oddText(random, mark)]]);
}

/** Deep enough for a recursive reader to overflow, and no longer than a body may be. */
const DEPTHS = [1, 2, 20, 500, 4_000];

function nested(random: Random, value: Tree): Tree {
  const depth = random.pick(DEPTHS);
  const [open, close] = random.chance(0.5) ? ["[", "]"] : ['{"a":', "}"];
  const levels = Math.min(depth, Math.floor(15_000 / (open.length + 1)));
  return new Raw(`${open.repeat(levels)}${written(value)}${close.repeat(levels)}`);
}

function withPrototypeNames(random: Random, mark: string, object: Members): void {
  const inner = new Members([["polluted", mark]]);
  const evil = new Members([
    ...["polluted", "loginId", "id"].map((name): [string, Tree] => [name, mark]),
    [random.pick(NAMES_OF_PROTOTYPES), inner],
  ]);
  object.entries.push([random.pick(NAMES_OF_PROTOTYPES), random.chance(0.7) ? evil : oddValue(random, mark)]);
}

function changeOnce(random: Random, mark: string, tree: Tree): Tree {
  const places = placesIn(tree);
  const objects = objectsIn(tree);
  const kind = random.below(12);
  if (kind === 0 || places.length === 0) return random.chance(0.5) ? [tree] : oddValue(random, mark);
  if (kind <= 3 && objects.length > 0) withPrototypeNames(random, mark, random.pick(objects));
  else if (kind === 4 && objects.length > 0)
    random.pick(objects).entries.push([oddText(random, mark), oddValue(random, mark)]);
  else {
    const place = random.pick(places);
    if (kind === 5) place.drop();
    else if (kind === 6) place.repeat(oddValue(random, mark));
    else if (kind === 7) place.put(nested(random, place.value));
    else if (kind === 8 && place.value instanceof Members)
      place.put(place.value.entries.map(([, value]) => value));
    else place.put(oddValue(random, mark));
  }
  return tree;
}

const before = (bytes: readonly number[], body: Buffer) => Buffer.concat([Buffer.from(bytes), body]);

const BYTES: ((body: Buffer, random: Random) => Buffer | string)[] = [
  (body, random) => body.subarray(0, random.below(body.length + 1)),
  (body) => before([0xef, 0xbb, 0xbf], body),
  (body) => Buffer.from(body.toString(), "utf16le"),
  (body) => before([0xff, 0xfe], Buffer.from(body.toString(), "utf16le")),
  (body) => Buffer.concat([body, Buffer.from([0xc3])]),
  (body) => before([0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf8], body),
  (body) => `${body}\0`,
  (body) => `${body}${body}`,
  (body) => `${" ".repeat(12_000)}${body}`,
  (body) => `${body}${" ".repeat(16 * 1024)}`,
  (body) => `)]}',\n${body}`,
  (body) => `callback(${body})`,
  (body) => body.toString("base64"),
  (body, random) => {
    const changed = Buffer.from(body);
    for (let flips = random.below(5); flips >= 0 && changed.length > 0; flips--)
      changed[random.below(changed.length)] = random.below(256);
    return changed;
  },
];

/** A body that is changed in one to three places, and sometimes in its bytes. */
export function oddBody(random: Random, mark: string, body: object): Buffer {
  let tree = treeOf(body);
  for (let changes = 1 + random.below(3); changes > 0; changes--) tree = changeOnce(random, mark, tree);
  const bytes = Buffer.from(written(tree));
  return random.chance(0.15) ? Buffer.from(random.pick(BYTES)(bytes, random)) : bytes;
}
