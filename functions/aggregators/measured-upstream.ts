import { measureFailedCall } from "../jobs/domain/measurements.ts";
import type { UpstreamCall } from "../jobs/domain/metrics.ts";
import type { UpstreamWatch } from "../jobs/domain/ports.ts";
import type { ConnectionList, Connections, Upstream } from "../jobs/domain/upstream-ports.ts";

/** Tells of every call, measures those that end in an error, and passes the error on as it is. */
export function measuredUpstream(upstream: Upstream, watch: UpstreamWatch): Upstream {
  return {
    ...measuredInstitutions(upstream, watch),
    openConnection: (userId, institutionId, login) =>
      measured(watch, "login", upstream.openConnection(userId, institutionId, login), institutionId),
    updateConnection: (userId, connectionId, login) =>
      measured(watch, "login", upstream.updateConnection(userId, connectionId, login)),
    refreshConnection: (userId, connectionId) =>
      measured(watch, "refresh", upstream.refreshConnection(userId, connectionId)),
    job: (upstreamJobId) => measured(watch, "look", upstream.job(upstreamJobId)),
    jobsOf: (userId, connectionId) => measured(watch, "list", upstream.jobsOf(userId, connectionId)),
    answer: (upstreamJobId, answers) => measured(watch, "answer", upstream.answer(upstreamJobId, answers)),
  };
}

/** The part of it that knows users' connections. */
export function measuredConnections(connections: Connections, watch: UpstreamWatch): Connections {
  return {
    connection: (userId, connectionId) =>
      measured(watch, "connection", connections.connection(userId, connectionId)),
  };
}

export function measuredConnectionList(list: ConnectionList, watch: UpstreamWatch): ConnectionList {
  return { connectionsOf: (userId) => measured(watch, "connection", list.connectionsOf(userId)) };
}

/** The part of it that knows banks. None is named: until upstream has answered, an id is what somebody sent. */
export function measuredInstitutions(
  upstream: Pick<Upstream, "institution">,
  watch: UpstreamWatch,
): Pick<Upstream, "institution"> {
  return { institution: (institutionId) => measured(watch, "record", upstream.institution(institutionId)) };
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
