import * as z from "zod/mini";
import { packAnswers } from "../domain/answers.ts";
import { Refusal } from "../domain/refusal.ts";
import { Secret } from "../domain/secret.ts";
import { listOf } from "./kinds.ts";

/** As much as KMS seals at once. */
const MAX_ANSWERS_BYTES = 4096;

export const requestSchema = z.object({ "mfa-response": listOf(z.string()) });

/** Throws a `Refusal` unless the body holds a list of strings, none empty. */
export function parseMfaRequest(body: object): Secret[] {
  const field = "mfa-response";
  if (!Object.hasOwn(body, field)) throw new Refusal({ reason: "field-missing", field });
  const parsed = requestSchema.safeParse(body);
  const given = parsed.success ? parsed.data[field] : [];
  const answers = given.map((answer) => new Secret(answer));
  const isTooLong = Buffer.byteLength(packAnswers(answers).reveal()) > MAX_ANSWERS_BYTES;
  const isEmpty = given.length === 0 || given.some((answer) => answer.trim() === "");
  if (isTooLong || isEmpty) throw new Refusal({ reason: "answers-not-valid", field });
  return answers;
}
