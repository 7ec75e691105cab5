import type * as z from "zod";

/** What the schema asks for; an empty variable is none. Throws one error that names all that are missing or not valid. */
export function readEnvironment<Schema extends z.ZodObject>(schema: Schema): z.output<Schema> {
  const supplied = Object.entries(process.env).filter(([, value]) => value !== "");
  const parsed = schema.safeParse(Object.fromEntries(supplied));
  if (parsed.success) return parsed.data;
  const names = new Set(parsed.error.issues.map((issue) => issue.path.join(".")));
  throw new Error(`Not valid in the environment: ${[...names].join(", ")}`);
}
