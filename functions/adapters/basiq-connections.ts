import { UpstreamRefused } from "../domain/errors.ts";
import type { Connections } from "../domain/ports.ts";
import { readConnection, readConnections } from "../wire/upstream-connection-reader.ts";
import type { BasiqTransport } from "./basiq-transport.ts";

/** The part of upstream that knows which connections users have. */
export function basiqConnections(transport: BasiqTransport): Connections {
  const pathOf = (userId: string) => `/users/${encodeURIComponent(userId)}/connections`;
  return {
    async connection(userId, connectionId) {
      try {
        const path = `${pathOf(userId)}/${encodeURIComponent(connectionId)}`;
        return await transport.get(path, readConnection);
      } catch (error) {
        if (error instanceof UpstreamRefused && error.status === 404) return undefined;
        throw error;
      }
    },

    connectionsOf: (userId) => transport.get(pathOf(userId), readConnections),
  };
}
