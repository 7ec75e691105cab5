import { SealBroken } from "../domain/errors.ts";
import type { Sealer } from "../domain/secret-ports.ts";

/** What KMS says of a seal that is not whole, or was made under another context or by another key. */
const NEVER_OPENS = /^(InvalidCiphertext|IncorrectKey)Exception$/;

/** Tells a seal that never opens from one that cannot be opened now: a Task is retried for the latter only. */
export function tellBrokenSeals(sealer: Sealer): Sealer {
  return {
    ...sealer,
    unseal: (ref, sealed) =>
      sealer.unseal(ref, sealed).catch((error: unknown) => {
        throw error instanceof Error && NEVER_OPENS.test(error.name) ? new SealBroken() : error;
      }),
  };
}
