import type { Clock } from "../../functions/jobs/domain/clock.ts";
import { SealBroken } from "../../functions/jobs/domain/errors.ts";
import type { Sealer, Vault } from "../../functions/jobs/domain/ports.ts";
import { Secret, type SecretRef } from "../../functions/jobs/domain/secret.ts";

const nameOf = ({ jobId, userId, purpose }: SecretRef) => `${jobId}/${userId}/${purpose}`;

/** Turns the text around, so that a seal holds no secret in plain text, and opens under its own name only. */
export function fakeSealer(): Sealer {
  return {
    seal: async (ref, secret) => Buffer.from(`${nameOf(ref)} ${[...secret.reveal()].reverse().join("")}`),
    unseal: async (ref, sealed) => {
      const text = Buffer.from(sealed).toString();
      const name = `${nameOf(ref)} `;
      if (!text.startsWith(name)) throw new SealBroken();
      return new Secret([...text.slice(name.length)].reverse().join(""));
    },
  };
}

export interface FakeVault extends Vault {
  /** The names of what is kept, and not past its time: `job/user/purpose`. */
  names(): string[];
}

export function fakeVault(clock: Clock): FakeVault {
  const kept = new Map<string, { secret: Secret; until: Date }>();
  const reveal = (ref: SecretRef) => {
    const found = kept.get(nameOf(ref));
    return found === undefined || found.until <= clock.now() ? undefined : found.secret;
  };
  return {
    names: () => [...kept].filter(([, { until }]) => until > clock.now()).map(([name]) => name),
    keep: async (ref, secret, until) => {
      if (!kept.has(nameOf(ref))) kept.set(nameOf(ref), { secret, until });
    },
    holds: async (ref) => reveal(ref) !== undefined,
    reveal: async (ref) => reveal(ref),
    destroy: async (ref) => {
      kept.delete(nameOf(ref));
    },
  };
}
