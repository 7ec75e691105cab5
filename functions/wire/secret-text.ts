import * as z from "zod/mini";
import { Secret } from "../domain/secret.ts";

/** A string that is a secret from here on. */
export const secretText = z.pipe(
  z.string(),
  z.transform((text: string) => new Secret(text)),
);
