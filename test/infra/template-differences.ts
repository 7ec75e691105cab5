/** A value that two templates do not share; undefined where one of them has none. */
export interface Difference {
  /** The keys that lead to it from the top of the template. */
  path: readonly string[];
  before: unknown;
  after: unknown;
}

export interface Compared {
  memorySizes: Difference[];
  /** Source files of functions, which local mode reads in the template. */
  entries: Difference[];
  others: Difference[];
}

/** These follow from the bytes of code, or are read by people only. */
const IGNORED = ["S3Key", "Description", "aws:asset:path"];
const ENTRY = "connection-jobs:entry";

/** Everything in which two templates differ, but for hashes of assets and descriptions. */
export function compareTemplates(before: unknown, after: unknown): Compared {
  const compared: Compared = { memorySizes: [], entries: [], others: [] };
  for (const difference of differencesIn(before, after, [])) {
    const key = difference.path.at(-1) ?? "";
    if (IGNORED.includes(key)) continue;
    if (key === "MemorySize") compared.memorySizes.push(difference);
    else if (key === ENTRY) compared.entries.push(difference);
    else compared.others.push(difference);
  }
  return compared;
}

/** The smallest parts that differ, in the order of their keys. */
function differencesIn(before: unknown, after: unknown, path: readonly string[]): Difference[] {
  if (Object.is(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) return differencesInParts(before, after, path);
  if (isObject(before) && isObject(after)) return differencesInParts(before, after, path);
  return [{ path, before, after }];
}

function differencesInParts(before: object, after: object, path: readonly string[]): Difference[] {
  const [old, current] = [new Map(Object.entries(before)), new Map(Object.entries(after))];
  const keys = [...new Set([...old.keys(), ...current.keys()])].toSorted();
  return keys.flatMap((key) => differencesIn(old.get(key), current.get(key), [...path, key]));
}

function isObject(value: unknown): value is object {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** The differences of one template, in sections; one line each. */
export function renderCompared({ memorySizes, entries, others }: Compared): string {
  return [
    section("Differences", others),
    section("Memory sizes", memorySizes),
    section("Entries", entries),
  ].join("\n");
}

function section(title: string, differences: readonly Difference[]): string {
  return [
    `${title}: ${differences.length}`,
    ...differences.map((difference) => `  ${lineOf(difference)}`),
  ].join("\n");
}

function lineOf({ path, before, after }: Difference): string {
  return `${path.join(".")}: ${textOf(before)} → ${textOf(after)}`;
}

function textOf(value: unknown): string {
  return value === undefined ? "nothing" : JSON.stringify(value);
}
