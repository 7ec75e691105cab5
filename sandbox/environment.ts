import * as z from "zod/mini";

/** By how much the bank's pace is multiplied. Still a text: `z.coerce` takes 1.3 kB of a bundle. */
export const timeScaleText = z.optional(
  z.string().check(z.refine((text) => Number.isFinite(Number(text)) && Number(text) > 0)),
);

/** What the schema asks for; an empty variable is none. Throws one error that names all that are missing or not valid. */
export function readEnvironment<Schema extends z.ZodMiniObject>(schema: Schema): z.output<Schema> {
  const supplied = Object.entries(process.env).filter(([, value]) => value !== "");
  const parsed = schema.safeParse(Object.fromEntries(supplied));
  if (parsed.success) return parsed.data;
  const names = new Set(parsed.error.issues.map((issue) => issue.path.join(".")));
  throw new Error(`Not valid in the environment: ${[...names].join(", ")}`);
}
