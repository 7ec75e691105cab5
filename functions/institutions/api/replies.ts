import type { InstitutionHealthReply } from "../../http/reply-schemas.ts";
import { timestamp } from "../../jobs/api/replies.ts";
import { TIMED_STEPS } from "../../jobs/domain/steps.ts";
import { medianOf, successRateOf } from "../domain/traffic.ts";
import type { Health } from "../use-cases/read-health.ts";

export function renderHealth(health: Health, apiUrl: string): InstitutionHealthReply {
  const { institutionId: id, status, since, record, tally, from, until, succeededAt, waiting } = health;
  const { succeeded, institution, aggregator, us, user } = tally.results;
  const rate = successRateOf(tally);
  return {
    type: "institutionHealth",
    id,
    status,
    since: since === undefined ? null : timestamp(since),
    record: record ?? { status: null, isOperational: false },
    attempts: {
      from: timestamp(from),
      until: timestamp(until),
      succeeded,
      failed: { institution, aggregator, us },
      stoppedByUser: user,
      successRate: rate === undefined ? null : Math.round(rate * 1000) / 1000,
      lastSuccess: succeededAt === undefined ? null : timestamp(succeededAt),
    },
    steps: TIMED_STEPS.map((title) => {
      const times = tally.times[title];
      const count = [...times.values()].reduce((sum, some) => sum + some, 0);
      return { title, count, medianMs: medianOf(times) ?? null };
    }),
    waitingJobs: { count: waiting.count, isAtLeast: waiting.isAtLeast },
    links: { self: `${apiUrl}/institutions/${id}/health` },
  };
}
