import { randomBytes } from "node:crypto";
import { Secret } from "../../../functions/jobs/domain/secret.ts";

/** Secret scanners recognize our keys by this prefix: `cjkey_[A-Za-z0-9_-]{43}`. */
const PREFIX = "cjkey_";
const RANDOM_BYTES = 32;

/** Generates an API key: the prefix and 32 random bytes in base64url. */
export function newApiKey(): Secret {
  return new Secret(PREFIX + randomBytes(RANDOM_BYTES).toString("base64url"));
}
