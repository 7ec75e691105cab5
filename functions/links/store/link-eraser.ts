import type { Clock } from "../../jobs/domain/clock.ts";
import type { LinkEraser } from "../../jobs/domain/ports.ts";
import type { Links } from "../domain/ports.ts";
import type { OwnedLinks } from "./current-links.ts";

/** Erases the link of a user. Only the note remains that a link has ended, which names no user. */
export function linkEraser(
  links: Pick<Links, "end">,
  owned: OwnedLinks,
  clock: Pick<Clock, "now">,
): LinkEraser {
  return {
    async erase(owner) {
      const current = await owned.find(owner);
      if (current === undefined) return;
      await links.end({ hash: current.hash, endedAt: clock.now().toISOString() });
      await owned.remove(owner, current);
    },
  };
}
