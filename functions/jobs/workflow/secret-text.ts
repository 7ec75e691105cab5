import * as z from "zod/v4/core";
import { anyText } from "../domain/kinds.ts";
import { Secret } from "../domain/secret.ts";

/** A string that is a secret from here on. */
export const secretText = secretIn(anyText);

function secretIn(text: z.$ZodType): z.$ZodType<Secret>;
function secretIn(text: z.$ZodType): z.$ZodType {
  const out = new z.$ZodTransform({ type: "transform", transform: (given) => new Secret(String(given)) });
  return new z.$ZodPipe({ type: "pipe", in: text, out });
}
