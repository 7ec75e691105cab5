import * as z from "zod";
import { inputPath, type JsonValue, requiredAt, valueAt } from "./payloads.ts";

const comparison = z.union([
  z.strictObject({ Variable: inputPath, IsPresent: z.boolean() }),
  z.strictObject({ Variable: inputPath, IsNull: z.boolean() }),
  z.strictObject({ Variable: inputPath, IsString: z.boolean() }),
  z.strictObject({ Variable: inputPath, StringEquals: z.string() }),
  z.strictObject({ Variable: inputPath, BooleanEquals: z.boolean() }),
]);

type ChoiceTest = z.infer<typeof comparison> | { Or: readonly ChoiceTest[] } | { Not: ChoiceTest };

const choiceTest: z.ZodType<ChoiceTest> = z.union(
  [
    comparison,
    z.strictObject({ Or: z.array(z.lazy(() => choiceTest)) }),
    z.strictObject({ Not: z.lazy(() => choiceTest) }),
  ],
  "must be IsPresent, IsNull, IsString, StringEquals or BooleanEquals of one Variable, or Or, Not of such",
);

/** Splits a branch of a Choice into its next state and its test. */
export const choiceRule = z
  .looseObject({ Next: z.string() })
  .transform(({ Next, ...test }): { Next: string; test: unknown } => ({ Next, test }))
  .pipe(z.object({ Next: z.string(), test: choiceTest }));

/**
 * Whether the test is true for the input.
 *
 * @throws States.Runtime if a variable is missing, except in `IsPresent`.
 */
export function holds(test: ChoiceTest, input: JsonValue): boolean {
  if ("Or" in test) return test.Or.some((each) => holds(each, input));
  if ("Not" in test) return !holds(test.Not, input);
  if ("IsPresent" in test) return (valueAt(test.Variable, input) !== undefined) === test.IsPresent;
  const value = requiredAt(test.Variable, input);
  if ("IsNull" in test) return (value === null) === test.IsNull;
  if ("IsString" in test) return (typeof value === "string") === test.IsString;
  return value === ("StringEquals" in test ? test.StringEquals : test.BooleanEquals);
}
