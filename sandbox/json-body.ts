import type { Call } from "./call.ts";
import { notJson, notJsonList, type Refusal } from "./refusal.ts";

export type JsonObject = Readonly<Record<string, unknown>>;

export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

export function readObject(call: Call): { value: JsonObject } | { refusal: Refusal } {
  const value = parseJson(call.body);
  return isJsonObject(value) ? { value } : { refusal: notJson };
}

export function readList(call: Call): { value: unknown[] } | { refusal: Refusal } {
  const value = parseJson(call.body);
  return Array.isArray(value) ? { value } : { refusal: notJsonList };
}

/** Returns `undefined` if the text is not JSON. No JSON text has this value. */
function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
