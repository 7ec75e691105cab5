import * as z from "zod";
import type { Item } from "./index-write-units.ts";

const update = z.object({
  Key: z.record(z.string(), z.unknown()),
  UpdateExpression: z.string(),
  ExpressionAttributeValues: z.record(z.string(), z.unknown()).default({}),
});

const NAMES = /^\w+(?:, \w+)*$/;
const SET = /^(\w+) = (:\w+)$/;

/** The item after an UpdateItem that sets one attribute or takes some away, which is all that ours do. */
export function updatedItem(before: Item | undefined, request: unknown): Item {
  const { Key, UpdateExpression, ExpressionAttributeValues } = update.parse(request);
  const [verb = "", rest = ""] = UpdateExpression.split(/ (.*)/s);
  const after = { ...before, ...Key };
  const [, name = "", value = ""] = SET.exec(rest) ?? [];
  if (verb === "SET" && name !== "") return { ...after, [name]: ExpressionAttributeValues[value] };
  if (verb !== "REMOVE" || !NAMES.test(rest)) {
    throw new Error(`Nothing here says what ${UpdateExpression} makes.`);
  }
  const gone = rest.split(", ");
  return Object.fromEntries(Object.entries(after).filter(([attribute]) => !gone.includes(attribute)));
}
