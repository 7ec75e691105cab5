import { Members, objectsIn, placesIn, Raw, type Tree, treeOf, written } from "./json-tree.ts";
import { NAMES_OF_PROTOTYPES, oddText } from "./odd-texts.ts";
import type { Random } from "./random.ts";

const NUMBERS = [
  ..."0 -0 1 -1 0.1 1e400 -1e400 1e-400 9007199254740993 1E+2 01 0x1f .5 1. +1 NaN Infinity -Infinity 1e 1_000".split(
    " ",
  ),
  "9".repeat(500),
  `0.${"0".repeat(500)}1`,
];
const WORDS = [
  "true",
  "false",
  "null",
  "undefined",
  "True",
  "''",
  "/**/1",
  '"\\x41"',
  '"\\u12"',
  '"\u0001"',
  '"a\nb"',
  "{}",
  "[]",
  "",
];

function oddValue(random: Random, mark: string): Tree {
  const kind = random.below(10);
  if (kind < 5) return oddText(random, mark);
  if (kind < 7) return new Raw(random.pick(NUMBERS));
  if (kind < 8) return new Raw(random.pick(WORDS));
  if (kind < 9) return [oddText(random, mark), null];
  return new Members([[oddText(random, mark), oddText(random, mark)]]);
}

/** So deep that a reader which calls itself falls over, and yet no longer than a body may be. */
const DEPTHS = [1, 2, 20, 500, 4_000];

function nested(random: Random, value: Tree): Tree {
  const depth = random.pick(DEPTHS);
  const [open, close] = random.chance(0.5) ? ["[", "]"] : ['{"a":', "}"];
  const levels = Math.min(depth, Math.floor(15_000 / (open.length + 1)));
  return new Raw(`${open.repeat(levels)}${written(value)}${close.repeat(levels)}`);
}

function withPrototypeNames(random: Random, mark: string, object: Members): void {
  const evil = new Members([
    ["polluted", mark],
    ["loginId", mark],
    ["id", mark],
    [random.pick(NAMES_OF_PROTOTYPES), new Members([["polluted", mark]])],
  ]);
  object.entries.push([random.pick(NAMES_OF_PROTOTYPES), random.chance(0.7) ? evil : oddValue(random, mark)]);
}

function changeOnce(random: Random, mark: string, tree: Tree): Tree {
  const places = placesIn(tree);
  const objects = objectsIn(tree);
  const kind = random.below(12);
  if (kind === 0 || places.length === 0) return random.chance(0.5) ? [tree] : oddValue(random, mark);
  if (kind <= 3 && objects.length > 0) withPrototypeNames(random, mark, random.pick(objects));
  else if (kind === 4 && objects.length > 0) {
    random.pick(objects).entries.push([oddText(random, mark), oddValue(random, mark)]);
  } else {
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

type Bytes = (bytes: Buffer, random: Random) => Buffer;

const BYTES: Bytes[] = [
  (bytes, random) => bytes.subarray(0, random.below(bytes.length + 1)),
  (bytes) => Buffer.concat([Buffer.from([0xef, 0xbb, 0xbf]), bytes]),
  (bytes) => Buffer.from(bytes.toString(), "utf16le"),
  (bytes) => Buffer.concat([Buffer.from([0xff, 0xfe]), Buffer.from(bytes.toString(), "utf16le")]),
  (bytes) => Buffer.concat([bytes, Buffer.from([0xc3])]),
  (bytes) => Buffer.concat([Buffer.from([0xc0, 0x80, 0xed, 0xa0, 0x80, 0xf8]), bytes]),
  (bytes) => Buffer.concat([bytes, Buffer.from("\0")]),
  (bytes) => Buffer.concat([bytes, bytes]),
  (bytes) => Buffer.concat([Buffer.from(" ".repeat(12_000)), bytes]),
  (bytes) => Buffer.concat([bytes, Buffer.alloc(16 * 1024, " ")]),
  (bytes) => Buffer.concat([Buffer.from(")]}',\n"), bytes]),
  (bytes) => Buffer.from(`callback(${bytes})`),
  (bytes) => Buffer.from(bytes.toString("base64")),
  (bytes, random) => {
    const changed = Buffer.from(bytes);
    for (let flips = random.below(5); flips >= 0 && changed.length > 0; flips--) {
      changed[random.below(changed.length)] = random.below(256);
    }
    return changed;
  },
];

/** A body that is changed in one to three places, and at times in its bytes. */
export function oddBody(random: Random, mark: string, body: object): Buffer {
  let tree = treeOf(body);
  for (let changes = 1 + random.below(3); changes > 0; changes--) tree = changeOnce(random, mark, tree);
  const bytes = Buffer.from(written(tree));
  return random.chance(0.15) ? random.pick(BYTES)(bytes, random) : bytes;
}
