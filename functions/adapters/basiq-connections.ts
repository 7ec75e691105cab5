import { UpstreamRefused } from "../domain/errors.ts";
import type { Connections } from "../domain/ports.ts";
import { readConnection, readConnections } from "../wire/upstream-connection-reader.ts";
import type { BasiqTransport } from "./basiq-transport.ts";

/** The part of upstream that knows which connections users have. */
export function basiqConnections(transport: BasiqTransport): Connections {
  const pathOf = (userId: string) => `/users/${encodeURIComponent(userId)}/connections`;
  return {
    connection: (userId, connectionId) =>
      orWhenUnknown(
        transport.get(`${pathOf(userId)}/${encodeURIComponent(connectionId)}`, readConnection),
        undefined,
      ),

    connectionsOf: (userId) => orWhenUnknown(transport.get(pathOf(userId), readConnections), []),
  };
}

async function orWhenUnknown<Asked, Other>(asking: Promise<Asked>, other: Other): Promise<Asked | Other> {
  try {
    return await asking;
  } catch (error) {
    if (error instanceof UpstreamRefused && error.status === 404) return other;
    throw error;
  }
}
