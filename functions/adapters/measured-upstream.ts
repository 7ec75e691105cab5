import { measureFailedCall } from "../domain/measurements.ts";
import type { UpstreamCall } from "../domain/metrics.ts";
import type { Metrics, Upstream } from "../domain/ports.ts";

/** Measures every call that ends in an error, and passes the error on as it is. */
export function measuredUpstream(upstream: Upstream, metrics: Metrics): Upstream {
  async function measured<Asked>(call: UpstreamCall, asking: Promise<Asked>, institutionId?: string) {
    try {
      return await asking;
    } catch (error) {
      metrics.measure(() => measureFailedCall(call, error, institutionId));
      throw error;
    }
  }

  return {
    // No institution: until upstream has answered, its id is what somebody sent.
    institution: (institutionId) => measured("record", upstream.institution(institutionId)),
    openConnection: (userId, institutionId, login) =>
      measured("login", upstream.openConnection(userId, institutionId, login), institutionId),
    job: (upstreamJobId) => measured("look", upstream.job(upstreamJobId)),
    jobsOf: (userId) => measured("list", upstream.jobsOf(userId)),
    answer: (upstreamJobId, answers) => measured("answer", upstream.answer(upstreamJobId, answers)),
  };
}
