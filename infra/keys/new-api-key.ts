import { randomBytes } from "node:crypto";
import { Secret } from "../../functions/jobs/domain/secret.ts";

/** By this, those who look for leaked secrets know one of ours: `cjkey_[A-Za-z0-9_-]{43}`. */
const PREFIX = "cjkey_";
const RANDOM_BYTES = 32;

export function newApiKey(): Secret {
  return new Secret(PREFIX + randomBytes(RANDOM_BYTES).toString("base64url"));
}
