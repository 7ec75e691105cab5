import * as z from "zod";

/** A filter of an event source mapping, in the part of EventBridge's patterns that our template uses. */
export interface RecordFilter {
  [name: string]: RecordFilter | (string | { prefix: string })[];
}

export const recordFilter: z.ZodType<RecordFilter> = z.lazy(() =>
  z.record(
    z.string(),
    z.union([z.array(z.union([z.string(), z.strictObject({ prefix: z.string() })])), recordFilter]),
  ),
);

/** Returns whether a value has everything that the filter names. */
export function fits(filter: RecordFilter, value: unknown): boolean {
  const fields = new Map(Object.entries(Object(value)));
  return Object.entries(filter).every(([name, wanted]) => {
    const found = fields.get(name);
    if (!Array.isArray(wanted)) return fits(wanted, found);
    return wanted.some((one) =>
      typeof one === "string" ? one === found : typeof found === "string" && found.startsWith(one.prefix),
    );
  });
}
