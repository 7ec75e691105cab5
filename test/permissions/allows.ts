import * as z from "zod";
import type { Permission } from "../infra/statements.ts";
import type { Access } from "./access.ts";

const oneOrMore = z.union([z.array(z.string()), z.string().transform((value) => [value])]);
/** By operator and condition key: the patterns. */
const condition = z.record(z.string(), z.record(z.string(), oneOrMore)).default({});

type Operator = (values: readonly string[], patterns: readonly string[]) => boolean;

/** As IAM has them: without values the first holds, and the second does not. */
const OPERATORS: { readonly [operator: string]: Operator } = {
  "ForAllValues:StringLike": (values, patterns) => values.every((value) => isLike(value, patterns)),
  StringLike: (values, patterns) => values.some((value) => isLike(value, patterns)),
};

/** Whether IAM lets a call through: by any of the permissions, since none of ours denies. */
export function allows(permissions: readonly Permission[], access: Access): boolean {
  return permissions.some(
    ([action, resource, conditions]) =>
      action === access.action && isLike(access.resource, [resource]) && holds(conditions, access),
  );
}

function holds(conditions: unknown, { context }: Access): boolean {
  return Object.entries(condition.parse(conditions)).every(([operator, keys]) => {
    const compare = OPERATORS[operator];
    if (compare === undefined) throw new Error(`The condition ${operator} is not known.`);
    return Object.entries(keys).every(([key, patterns]) => compare(context[key] ?? [], patterns));
  });
}

function isLike(value: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => expressionFor(pattern).test(value));
}

function expressionFor(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}

/** A permission for each pattern of each condition: the least that can be taken away. */
export function piecesOf([action, resource, conditions]: Permission): Permission[] {
  const parsed = Object.entries(condition.parse(conditions));
  if (parsed.length === 0) return [[action, resource]];
  const [[operator, keys] = ["", {}], ...moreOperators] = parsed;
  const [[key, patterns] = ["", []], ...moreKeys] = Object.entries(keys);
  if (moreOperators.length + moreKeys.length > 0) throw new Error("More than one condition at once.");
  return patterns.map((pattern) => [action, resource, { [operator]: { [key]: [pattern] } }]);
}
