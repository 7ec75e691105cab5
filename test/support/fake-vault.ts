import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import type { Clock } from "../../functions/jobs/domain/clock.ts";
import type { Sealer, Vault } from "../../functions/jobs/domain/ports.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";
import { tellBrokenSeals } from "../../functions/jobs/store/vault.ts";

const CIPHER = "aes-256-gcm";
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** KMS encrypts no more at once. */
const MAX_BYTES = 4096;

const nameOf = ({ jobId, userId, purpose }: SecretRef) => `${jobId}/${userId}/${purpose}`;

/** Seals in memory, with the limits and the error names of KMS. */
export function fakeSealer(): Sealer {
  const key = randomBytes(32);
  return {
    seal: async (ref, secret) => {
      const text = Buffer.from(secret.reveal());
      if (text.length > MAX_BYTES) throw failure("ValidationException");
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv(CIPHER, key, nonce).setAAD(Buffer.from(nameOf(ref)));
      const encrypted = Buffer.concat([cipher.update(text), cipher.final()]);
      return Buffer.concat([nonce, cipher.getAuthTag(), encrypted]);
    },
    unseal: async (ref, sealed) => {
      const bytes = Buffer.from(sealed);
      try {
        const tag = bytes.subarray(NONCE_BYTES, NONCE_BYTES + TAG_BYTES);
        const decipher = createDecipheriv(CIPHER, key, bytes.subarray(0, NONCE_BYTES), {
          authTagLength: TAG_BYTES,
        })
          .setAAD(Buffer.from(nameOf(ref)))
          .setAuthTag(tag);
        const text = decipher.update(bytes.subarray(NONCE_BYTES + TAG_BYTES));
        return new Secret(Buffer.concat([text, decipher.final()]).toString());
      } catch {
        throw failure("InvalidCiphertextException");
      }
    },
  };
}

function failure(name: string): Error {
  return Object.assign(new Error("The fake sealer refused this."), { name });
}

export interface FakeVault extends Vault {
  /** The names of the secrets that have not expired: `job/user/purpose`. */
  names(): string[];
}

/** Sealed secrets in memory. As in the table, the user is no part of the key, and the expiry is in whole seconds. */
export function fakeVault(clock: Clock, sealer: Sealer = fakeSealer()): FakeVault {
  const rows = new Map<string, { name: string; sealed: Uint8Array; expiresAt: number }>();
  const { unseal } = tellBrokenSeals(sealer);
  const isOver = ({ expiresAt }: { expiresAt: number }) => expiresAt * 1000 <= clock.now().getTime();
  const sealedOf = (ref: SecretRef) => {
    const row = rows.get(keyOf(ref));
    return row === undefined || isOver(row) ? undefined : row.sealed;
  };
  return {
    names: () => [...rows.values()].filter((row) => !isOver(row)).map(({ name }) => name),
    keep: async (ref, secret, until) => {
      const sealed = await sealer.seal(ref, secret);
      if (rows.has(keyOf(ref))) return;
      rows.set(keyOf(ref), { name: nameOf(ref), sealed, expiresAt: Math.ceil(until.getTime() / 1000) });
    },
    holds: async (ref) => sealedOf(ref) !== undefined,
    reveal: async (ref) => {
      const sealed = sealedOf(ref);
      return sealed === undefined ? undefined : unseal(ref, sealed);
    },
    destroy: async (ref) => {
      rows.delete(keyOf(ref));
    },
  };
}

function keyOf({ jobId, purpose }: SecretRef): string {
  return `${jobId}/${purpose}`;
}
