import * as z from "zod/mini";

/*
 * Kinds of schemas that zod has too, for 0.5 to 1.3 kB of a bundle each. These are all of one kind of zod's, which changes
 * nothing: what a schema within them leaves out or makes of a value is not seen.
 */

/** What may be left out or `null`. */
export function orNull<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.optional(z.custom<z.output<Schema> | null>((value) => value === null || fits(schema, value)));
}

/** One of some words. */
export function oneOf<const Word>(...words: readonly Word[]) {
  return z.custom<Word>((value) => words.some((word) => word === value));
}

export function listOf<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.custom<z.output<Schema>[]>(
    (value) => Array.isArray(value) && value.every((item) => fits(schema, item)),
  );
}

/** Either, as it is. */
export function either<One extends z.ZodMiniType, Other extends z.ZodMiniType>(one: One, other: Other) {
  return z.custom<z.output<One> | z.output<Other>>((value) => fits(one, value) || fits(other, value));
}

function fits(schema: z.ZodMiniType, value: unknown): boolean {
  return schema.safeParse(value).success;
}
