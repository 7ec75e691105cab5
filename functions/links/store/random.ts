import { randomBytes } from "node:crypto";
import { Secret } from "../../jobs/domain/secret.ts";

/** Returns random text of the given number of bytes, for an address or a cookie. */
export function newRandom(bytes: number): Secret {
  return new Secret(randomBytes(bytes).toString("base64url"));
}

const LINK_ID_BYTES = 16;

/** Returns a new id of a link: 128 random bits. */
export function newLinkId(): Secret {
  return newRandom(LINK_ID_BYTES);
}
