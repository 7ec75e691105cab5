import * as z from "zod/mini";

/** What may be left out or `null`, for a schema that changes nothing. zod's own `nullish` takes 0.6 kB more. */
export function orNull<Schema extends z.ZodMiniType>(schema: Schema) {
  return z.optional(
    z.custom<z.output<Schema> | null>((value) => value === null || schema.safeParse(value).success),
  );
}
