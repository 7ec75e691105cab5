import * as z from "zod";

export const jsonValue = z.json();
export type JsonValue = z.infer<typeof jsonValue>;

/** What arrives when a value is sent as JSON: a copy, and `null` for nothing. */
export function overTheWire(value: unknown): JsonValue {
  return jsonValue.parse(JSON.parse(JSON.stringify(value ?? null)));
}
