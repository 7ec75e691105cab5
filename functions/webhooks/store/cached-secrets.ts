import type { Clock } from "../../jobs/domain/clock.ts";
import type { Secret } from "../../jobs/domain/secret.ts";
import type { EndpointSecrets } from "../domain/ports.ts";

/** An instance of a function caches a secret for this long. */
const KEPT_MS = 5 * 60_000;

/**
 * Caches revealed secrets for up to five minutes: decrypting one for each message would cost a third of the price of a delivery. A
 * cached secret of a deleted webhook, or one that was replaced, signs nothing, because the webhook names the secrets that sign.
 */
export function cachedSecrets<Secrets extends Pick<EndpointSecrets, "reveal">>(
  secrets: Secrets,
  clock: Clock,
): Secrets {
  const kept = new Map<string, { secret: Secret; until: Date }>();
  return {
    ...secrets,
    async reveal(endpointId, number) {
      for (const [key, { until }] of kept) if (clock.msUntil(until) <= 0) kept.delete(key);
      const key = `${endpointId} ${number}`;
      const found = kept.get(key);
      if (found !== undefined) return found.secret;
      const secret = await secrets.reveal(endpointId, number);
      if (secret !== undefined) kept.set(key, { secret, until: clock.after(KEPT_MS) });
      return secret;
    },
  };
}
