import * as z from "zod/mini";
import { packAnswers } from "../domain/answers.ts";
import { Refusal } from "../domain/refusal.ts";
import type { Secret } from "../domain/secret.ts";
import { secretText } from "./secret-text.ts";

/** As much as KMS seals at once. */
const MAX_ANSWERS_BYTES = 4096;

const requestSchema = z.object({ "mfa-response": z.array(secretText) });

/** Throws a `Refusal` unless the body holds a list of strings, none empty. */
export function parseMfaRequest(body: object): Secret[] {
  const field = "mfa-response";
  if (!Object.hasOwn(body, field)) throw new Refusal({ reason: "field-missing", field });
  const parsed = requestSchema.safeParse(body);
  const answers = parsed.success ? parsed.data[field] : [];
  const isTooLong = Buffer.byteLength(packAnswers(answers).reveal()) > MAX_ANSWERS_BYTES;
  const isEmpty = answers.length === 0 || answers.some((answer) => answer.reveal().trim() === "");
  if (isTooLong || isEmpty) throw new Refusal({ reason: "answers-not-valid", field });
  return answers;
}
