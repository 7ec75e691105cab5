import * as z from "zod";
import type { Item } from "./index-write-units.ts";

const update = z.object({
  Key: z.record(z.string(), z.unknown()),
  UpdateExpression: z.string(),
  ExpressionAttributeValues: z.record(z.string(), z.unknown()).default({}),
});
const numeric = z.object({ N: z.string().transform(Number) });

type Change = (item: Item, rest: string, values: Item) => Item | undefined;

const NAMES = /^\w+(?:, \w+)*$/;
const SET = /^(\w+) = (:\w+)$/;
const ADD = /^(\w+) (:\w+)$/;

/** All that ours do: one attribute is set, one is added to, some are taken away. Nothing for what is of another kind. */
const CHANGES: { readonly [verb: string]: Change } = {
  SET: (item, rest, values) => {
    const [, name, value = ""] = SET.exec(rest) ?? [];
    return name === undefined ? undefined : { ...item, [name]: values[value] };
  },
  ADD: (item, rest, values) => {
    const [, name, value = ""] = ADD.exec(rest) ?? [];
    if (name === undefined) return undefined;
    const before = item[name] === undefined ? 0 : numeric.parse(item[name]).N;
    return { ...item, [name]: { N: String(before + numeric.parse(values[value]).N) } };
  },
  REMOVE: (item, rest) => {
    if (!NAMES.test(rest)) return undefined;
    const gone = rest.split(", ");
    return Object.fromEntries(Object.entries(item).filter(([attribute]) => !gone.includes(attribute)));
  },
};

/** The item after an UpdateItem. */
export function updatedItem(before: Item | undefined, request: unknown): Item {
  const { Key, UpdateExpression, ExpressionAttributeValues } = update.parse(request);
  return UpdateExpression.split(/ (?=[A-Z]{3,} )/).reduce<Item>(
    (item, clause) => {
      const [verb = "", rest = ""] = clause.split(/ (.*)/s);
      const after = CHANGES[verb]?.(item, rest, ExpressionAttributeValues);
      if (after === undefined) throw new Error(`Nothing here says what ${UpdateExpression} makes.`);
      return after;
    },
    { ...before, ...Key },
  );
}
