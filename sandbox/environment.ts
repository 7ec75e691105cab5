import * as z from "zod/mini";

/** The factor of the bank's speed, still as text, because `z.coerce` would add 1.3 kB to a bundle. */
export const timeScaleText = z.optional(
  z.string().check(z.refine((text) => Number.isFinite(Number(text)) && Number(text) > 0)),
);

/**
 * Reads the variables of the schema. Treats empty variables as missing. Throws one error that names all missing or invalid
 * variables.
 */
export function readEnvironment<Schema extends z.ZodMiniObject>(schema: Schema): z.output<Schema> {
  const supplied = Object.entries(process.env).filter(([, value]) => value !== "");
  const parsed = schema.safeParse(Object.fromEntries(supplied));
  if (parsed.success) return parsed.data;
  const names = new Set(parsed.error.issues.map((issue) => issue.path.join(".")));
  throw new Error(`Not valid in the environment: ${[...names].join(", ")}`);
}
