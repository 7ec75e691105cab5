import * as z from "zod/v4/core";

/*
 * The kinds of schemas that functions have, made of three of zod's own: objects, what is optional, and tests. All others would
 * bring 0.5 to 1.3 kB of a bundle each. What is made of tests changes nothing: what a schema within it leaves out or
 * makes of a value is not seen.
 */

/** Of the named fields, and nothing else of what it is given. */
export function object<Shape extends z.$ZodShape>(shape: Shape): z.$ZodObject<Shape>;
export function object(shape: z.$ZodShape) {
  return new z.$ZodObject({ type: "object", shape });
}

export function optional<Schema extends z.$ZodType>(schema: Schema): z.$ZodOptional<Schema>;
export function optional(innerType: z.$ZodType) {
  return new z.$ZodOptional({ type: "optional", innerType });
}

/** What passes a test, as it is. */
export function matching<Value>(test: (value: unknown) => boolean): z.$ZodCustom<Value, Value>;
export function matching(fn: (value: unknown) => boolean) {
  return new z.$ZodCustom({ type: "custom", check: "custom", fn });
}

export const anything = matching<unknown>(() => true);

export const anyText = textThat(() => true);

/** A text that passes a test. */
export function textThat(passes: (text: string) => boolean) {
  return matching<string>((value) => typeof value === "string" && passes(value));
}

/** What may be left out or `null`. */
export function orNull<Schema extends z.$ZodType>(schema: Schema) {
  return optional(matching<z.output<Schema> | null>((value) => value === null || fits(schema, value)));
}

/** One of some words. */
export function oneOf<const Word>(...words: readonly Word[]) {
  return matching<Word>((value) => words.some((word) => word === value));
}

export function listOf<Schema extends z.$ZodType>(schema: Schema) {
  return matching<z.output<Schema>[]>(
    (value) => Array.isArray(value) && value.every((item) => fits(schema, item)),
  );
}

/** Either, as it is. */
export function either<One extends z.$ZodType, Other extends z.$ZodType>(one: One, other: Other) {
  return matching<z.output<One> | z.output<Other>>((value) => fits(one, value) || fits(other, value));
}

function fits(schema: z.$ZodType, value: unknown): boolean {
  return z.safeParse(schema, value).success;
}
