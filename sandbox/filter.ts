import { filterNotValid, type Refusal } from "./refusal.ts";

/** The published conditions. `bt` includes both ends. */
export type Condition = "eq" | "ne" | "in" | "bt" | "gt" | "gteq" | "lt" | "lteq";

/** A property by which a list can be filtered. */
export type Property<Item> = {
  readonly conditions: readonly Condition[];
  /** The value of an item, or its values. An empty text matches no comparison of dates. */
  readonly read: (item: Item) => string | readonly string[];
  /** The only values that `eq` and `ne` take. Undefined: any. */
  readonly values?: readonly string[];
  readonly isDate?: boolean;
};

export type Properties<Item> = Readonly<Record<string, Property<Item>>>;

type Statement = { readonly name: string; readonly condition: string; readonly values: readonly string[] };

/** One statement such as `institution.tier.in('1', '2')`, and the comma before the next one. */
const statement = /\s*([A-Za-z.]+)\.([a-z]+)\(\s*('[^']*'(?:\s*,\s*'[^']*')*)\s*\)\s*(,(?=\s*\S)|$)/y;

/**
 * Reads the filter of a call. `null` is no filter. Every list has one language: statements with a comma between them, all of which an entry must
 * match. A statement that the list does not publish is refused in the aggregator's words.
 */
export function readFilter<Item>(
  text: string | null,
  properties: Properties<Item>,
): { readonly matches: (item: Item) => boolean } | { readonly refusal: Refusal } {
  const statements = parse(text ?? "");
  const tests = (statements ?? []).flatMap((each) => testOf(each, properties) ?? []);
  if (tests.length !== statements?.length) return { refusal: filterNotValid };
  return { matches: (item) => tests.every((test) => test(item)) };
}

/** Returns undefined if the text is no filter. */
function parse(text: string): Statement[] | undefined {
  const statements: Statement[] = [];
  const rest = new RegExp(statement);
  while (rest.lastIndex < text.length) {
    const [, name, condition, values] = rest.exec(text) ?? [];
    if (name === undefined || condition === undefined || values === undefined) return undefined;
    statements.push({
      name,
      condition,
      values: [...values.matchAll(/'([^']*)'/g)].map(([, value = ""]) => value),
    });
  }
  return statements;
}

const dateText = /^\d{4}-\d\d-\d\d(?:T[\d:.]+Z)?$/;

function testOf<Item>(
  { name, condition, values }: Statement,
  properties: Properties<Item>,
): ((item: Item) => boolean) | undefined {
  const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
  const known = property?.conditions.find((each) => each === condition);
  if (property === undefined || known === undefined) return undefined;
  const { read, isDate = false } = property;
  const [first = "", second = ""] = values;
  if (values.length !== valueCounts[known] && known !== "in") return undefined;
  if (isDate && !values.every((value) => dateText.test(value))) return undefined;
  if ((known === "eq" || known === "ne") && property.values?.includes(first) === false) return undefined;
  if (isDate) return (item) => compare(known, day(String(read(item))), day(first), day(second));
  const has = (item: Item) => [read(item)].flat().some((value) => values.includes(value));
  return known === "ne" ? (item) => !has(item) : has;
}

const valueCounts = { eq: 1, ne: 1, in: undefined, bt: 2, gt: 1, gteq: 1, lt: 1, lteq: 1 } as const;

function day(text: string): string {
  return text.slice(0, 10);
}

function compare(condition: Condition, value: string, first: string, second: string): boolean {
  if (value === "") return false;
  switch (condition) {
    case "bt":
      return value >= first && value <= second;
    case "gt":
      return value > first;
    case "gteq":
      return value >= first;
    case "lt":
      return value < first;
    case "lteq":
      return value <= first;
    case "ne":
      return value !== first;
    case "eq":
    case "in":
      return value === first;
  }
}
