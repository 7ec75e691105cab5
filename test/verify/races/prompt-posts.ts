import { UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import type { FakePorts } from "../../support/fake-ports.ts";

/**
 * The ports of one execution, under the one thing that the product takes for granted of time: what a Task sends leaves before it
 * may be sent again. A Task that stands still for longer than that never sends it.
 */
export function promptPosts(real: FakePorts): FakePorts {
  let sendAgainAt: string | undefined;

  function requirePrompt(): void {
    if (sendAgainAt === undefined) return;
    if (real.clock.msUntil(new Date(sendAgainAt)) <= 0) throw new UpstreamUnavailable();
  }

  return {
    ...real,
    jobs: {
      ...real.jobs,
      record: async (before, change) => {
        const after = await real.jobs.record(before, change);
        sendAgainAt = after.sendAgainAt;
        return after;
      },
    },
    upstream: {
      ...real.upstream,
      openConnection: async (...args) => {
        requirePrompt();
        return real.upstream.openConnection(...args);
      },
      answer: async (...args) => {
        requirePrompt();
        return real.upstream.answer(...args);
      },
    },
  };
}
