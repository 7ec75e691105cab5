import { measureFailedCall } from "../domain/measurements.ts";
import type { UpstreamCall } from "../domain/metrics.ts";
import type { ConnectionList, Connections, Metrics, Upstream } from "../domain/ports.ts";

/** Measures every call that ends in an error, and passes the error on as it is. */
export function measuredUpstream(upstream: Upstream, metrics: Metrics): Upstream {
  return {
    ...measuredInstitutions(upstream, metrics),
    openConnection: (userId, institutionId, login) =>
      measured(metrics, "login", upstream.openConnection(userId, institutionId, login), institutionId),
    updateConnection: (userId, connectionId, login) =>
      measured(metrics, "login", upstream.updateConnection(userId, connectionId, login)),
    refreshConnection: (userId, connectionId) =>
      measured(metrics, "refresh", upstream.refreshConnection(userId, connectionId)),
    job: (upstreamJobId) => measured(metrics, "look", upstream.job(upstreamJobId)),
    jobsOf: (userId, connectionId) => measured(metrics, "list", upstream.jobsOf(userId, connectionId)),
    answer: (upstreamJobId, answers) => measured(metrics, "answer", upstream.answer(upstreamJobId, answers)),
  };
}

/** The part of it that knows users' connections. */
export function measuredConnections(connections: Connections, metrics: Metrics): Connections {
  return {
    connection: (userId, connectionId) =>
      measured(metrics, "connection", connections.connection(userId, connectionId)),
  };
}

export function measuredConnectionList(list: ConnectionList, metrics: Metrics): ConnectionList {
  return { connectionsOf: (userId) => measured(metrics, "connection", list.connectionsOf(userId)) };
}

/** The part of it that knows banks. None is named: until upstream has answered, an id is what somebody sent. */
export function measuredInstitutions(
  upstream: Pick<Upstream, "institution">,
  metrics: Metrics,
): Pick<Upstream, "institution"> {
  return { institution: (institutionId) => measured(metrics, "record", upstream.institution(institutionId)) };
}

async function measured<Asked>(
  metrics: Metrics,
  call: UpstreamCall,
  asking: Promise<Asked>,
  institutionId?: string,
): Promise<Asked> {
  try {
    return await asking;
  } catch (error) {
    metrics.measure(() => measureFailedCall(call, error, institutionId));
    throw error;
  }
}
