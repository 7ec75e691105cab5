import * as z from "zod/v4/core";
import { packAnswers } from "../domain/answers.ts";
import { anyText, listOf, object } from "../domain/kinds.ts";
import { Refusal } from "../domain/refusal.ts";
import { Secret } from "../domain/secret.ts";

/** As much as KMS seals at once. */
const MAX_ANSWERS_BYTES = 4096;

export const requestSchema = object({ "mfa-response": listOf(anyText) });

/** Throws a `Refusal` unless the body holds a list of strings, none empty. */
export function parseMfaRequest(body: object): Secret[] {
  const field = "mfa-response";
  if (!Object.hasOwn(body, field)) throw new Refusal({ reason: "field-missing", field });
  const parsed = z.safeParse(requestSchema, body);
  const given = parsed.success ? parsed.data[field] : [];
  const answers = given.map((answer) => new Secret(answer));
  const isTooLong = Buffer.byteLength(packAnswers(answers).reveal()) > MAX_ANSWERS_BYTES;
  const isEmpty = given.length === 0 || given.some((answer) => answer.trim() === "");
  if (isTooLong || isEmpty) throw new Refusal({ reason: "answers-not-valid", field });
  return answers;
}
