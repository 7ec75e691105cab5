import { UpstreamRefused } from "../../jobs/domain/errors.ts";
import type { ConnectionList, Connections } from "../../jobs/domain/upstream-ports.ts";
import { type BasiqTransport, only } from "./transport.ts";
import { readConnection, readConnections } from "./upstream-connection-reader.ts";

/** The part of upstream that knows a user's connection. */
export function basiqConnections(transport: BasiqTransport): Connections {
  return {
    connection: (userId, connectionId) =>
      orWhenUnknown(
        transport.get(
          `${pathOf(userId)}/${encodeURIComponent(connectionId)}`,
          only(connectionId, readConnection),
        ),
        undefined,
      ),
  };
}

/** The part of upstream that knows all connections of a user. */
export function basiqConnectionList(transport: BasiqTransport): ConnectionList {
  return {
    connectionsOf: (userId) => orWhenUnknown(transport.get(pathOf(userId), readConnections), []),
  };
}

function pathOf(userId: string): string {
  return `/users/${encodeURIComponent(userId)}/connections`;
}

async function orWhenUnknown<Asked, Other>(asking: Promise<Asked>, other: Other): Promise<Asked | Other> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof UpstreamRefused && error.status === 404) return other;
    throw error;
  }
}
