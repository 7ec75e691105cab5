import * as z from "zod";
import type { Call } from "./call.ts";
import { notJson, notJsonList, type Refusal } from "./refusal.ts";

const jsonObject = z.record(z.string(), z.unknown());
const jsonList = z.array(z.unknown());
export type JsonObject = z.infer<typeof jsonObject>;

export function readObject(call: Call): { value: JsonObject } | { refusal: Refusal } {
  const parsed = jsonObject.safeParse(parseJson(call.body));
  return parsed.success ? { value: parsed.data } : { refusal: notJson };
}

export function readList(call: Call): { value: unknown[] } | { refusal: Refusal } {
  const parsed = jsonList.safeParse(parseJson(call.body));
  return parsed.success ? { value: parsed.data } : { refusal: notJsonList };
}

/** `undefined`, which no JSON text means, when it is not JSON. */
function parseJson(text: string | null): unknown {
  try {
    return JSON.parse(text ?? "");
  } catch {
    return undefined;
  }
}
