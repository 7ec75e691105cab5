import * as z from "zod/mini";
import { Refusal } from "../domain/refusal.ts";
import type { Secret } from "../domain/secret.ts";
import { secretText } from "./secret-text.ts";

/** KMS seals 4,096 bytes at once; the answers take their JSON form. */
const MAX_ANSWERS_BYTES = 4096;

const requestSchema = z.object({ "mfa-response": z.array(secretText).check(z.minLength(1)) });

/** Throws a `Refusal` unless the body holds a list of strings, none empty. */
export function parseMfaRequest(body: object): Secret[] {
  if (!Object.hasOwn(body, "mfa-response"))
    throw new Refusal({ reason: "field-missing", field: "mfa-response" });
  const parsed = requestSchema.safeParse(body);
  if (!parsed.success) throw new Refusal({ reason: "answers-not-valid", field: "mfa-response" });
  const answers = parsed.data["mfa-response"];
  const texts = answers.map((answer) => answer.reveal());
  const isTooLong = Buffer.byteLength(JSON.stringify(texts)) > MAX_ANSWERS_BYTES;
  if (isTooLong || texts.some((text) => text.trim() === ""))
    throw new Refusal({ reason: "answers-not-valid", field: "mfa-response" });
  return answers;
}
