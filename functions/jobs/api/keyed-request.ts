import type { HttpRequest } from "../../http/request.ts";
import type { KeyedRequest } from "../domain/idempotency.ts";
import { Refusal } from "../domain/refusal.ts";
import { Secret } from "../domain/secret.ts";

/** Printable ASCII. */
const KEY = /^[\x20-\x7e]{1,255}$/;

/** The request with its Idempotency-Key; nothing without one. Throws a `Refusal` for what is no key. */
export function keyedRequest(request: HttpRequest, userId: string): KeyedRequest | undefined {
  const key = request.header("idempotency-key");
  if (key === undefined) return undefined;
  if (!KEY.test(key)) throw new Refusal({ reason: "field-not-valid", field: "Idempotency-Key" });
  return { userId, key, text: new Secret(`${request.method} ${request.path}\n${request.text()}`) };
}
