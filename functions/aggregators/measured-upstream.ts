import { measureFailedCall } from "../jobs/domain/measurements.ts";
import type { UpstreamCall } from "../jobs/domain/metrics.ts";
import type { Upstream, UpstreamWatch } from "../jobs/domain/ports.ts";
import type { LinkUpstream } from "../links/domain/ports.ts";
import type { Banks } from "../page/bank.ts";
import type { Passing } from "../pass-through/passing.ts";
import type { UpstreamEvents } from "../webhooks/domain/ports.ts";

/** Reports every call to `watch`, measures failed calls, and rethrows their errors unchanged. */
export function measuredUpstream(upstream: Upstream, watch: UpstreamWatch): Upstream {
  return {
    // Measured without the institution: until the aggregator has replied, the id may be any text that a client sent.
    institution: (institutionId) => measured(watch, "record", upstream.institution(institutionId)),
    connection: (userId, connectionId) =>
      measured(watch, "connection", upstream.connection(userId, connectionId)),
    connectionsOf: (userId) => measured(watch, "connection", upstream.connectionsOf(userId)),
    openConnection: (userId, institutionId, login) =>
      measured(watch, "login", upstream.openConnection(userId, institutionId, login), institutionId),
    updateConnection: (userId, connectionId, login) =>
      measured(watch, "login", upstream.updateConnection(userId, connectionId, login)),
    refreshConnection: (userId, connectionId) =>
      measured(watch, "refresh", upstream.refreshConnection(userId, connectionId)),
    job: (upstreamJobId) => measured(watch, "look", upstream.job(upstreamJobId)),
    jobsOf: (userId, connectionId) => measured(watch, "list", upstream.jobsOf(userId, connectionId)),
    answer: (userId, upstreamJobId, answers) =>
      measured(watch, "answer", upstream.answer(userId, upstreamJobId, answers)),
  };
}

/** As {@link measuredUpstream}. */
export function measuredBanks(banks: Banks, watch: UpstreamWatch): Banks {
  return {
    all: () => measured(watch, "record", banks.all()),
    find: (institutionId) => measured(watch, "record", banks.find(institutionId)),
  };
}

/** As {@link measuredUpstream}. A refusal of a client's request is no failure. */
export function measuredPassing(passing: Passing, watch: UpstreamWatch): Passing {
  return { send: (call) => measured(watch, "pass", passing.send(call)) };
}

/** As {@link measuredUpstream}. */
export function measuredUpstreamEvents(events: UpstreamEvents, watch: UpstreamWatch): UpstreamEvents {
  return {
    find: (id) => measured(watch, "event", events.find(id)),
    consentsOf: (userId) => measured(watch, "event", events.consentsOf(userId)),
  };
}

/** As {@link measuredUpstream}. */
export function measuredLinkUpstream(links: LinkUpstream, watch: UpstreamWatch): LinkUpstream {
  return {
    user: (userId) => measured(watch, "link", links.user(userId)),
    hasActiveConsent: (userId) => measured(watch, "link", links.hasActiveConsent(userId)),
    clientToken: (userId) => measured(watch, "link", links.clientToken(userId)),
  };
}

async function measured<Asked>(
  watch: UpstreamWatch,
  call: UpstreamCall,
  asking: Promise<Asked>,
  institutionId?: string,
): Promise<Asked> {
  const startedAt = performance.now();
  const called = (error?: unknown) => watch.called(call, Math.round(performance.now() - startedAt), error);
  const asked = await asking.catch((error: unknown) => {
    called(error);
    watch.measure(() => measureFailedCall(call, error, institutionId));
    throw error;
  });
  called();
  return asked;
}
