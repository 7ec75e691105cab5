import { createHmac, randomBytes } from "node:crypto";
import type { Fingerprints, Sealer } from "../domain/ports.ts";
import { Secret, sameBytes } from "../domain/secret.ts";

/**
 * A hash without a key would reveal a password to anyone who tries a list of passwords. So each fingerprint has its
 * own key, which is stored encrypted.
 */
export function sealedFingerprints(sealer: Sealer): Fingerprints {
  return {
    async take(ref, text) {
      const key = new Secret(randomBytes(32).toString("hex"));
      return { mac: macOf(text, key), sealedKey: await sealer.seal(ref, key) };
    },

    async matches(ref, text, { mac, sealedKey }) {
      return sameBytes(macOf(text, await sealer.unseal(ref, sealedKey)), mac);
    },
  };
}

function macOf(text: Secret, key: Secret): Uint8Array {
  return createHmac("sha256", Buffer.from(key.reveal(), "hex")).update(text.reveal()).digest();
}
