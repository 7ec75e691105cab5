import * as z from "zod/mini";
import type { LinkUpstream, UpstreamUser } from "../../links/domain/ports.ts";
import { orWhenUnknown } from "./basiq.ts";
import { basiqEvents } from "./events.ts";
import { type IssuingTransport, only } from "./transport.ts";

/** Calls what links need of Basiq's published API. */
export function basiqLinks(transport: IssuingTransport): LinkUpstream {
  const { consentsOf } = basiqEvents(transport);
  return {
    user: (userId) =>
      orWhenUnknown(transport.get(`/users/${encodeURIComponent(userId)}`, only(userId, readUser)), undefined),
    hasActiveConsent: async (userId) => (await consentsOf(userId)).some(({ isActive }) => isActive),
    clientToken: (userId) => transport.tokenOf(userId),
  };
}

const userSchema = z.object({ id: z.string(), mobile: z.catch(z.string(), "") });

function readUser(reply: unknown): UpstreamUser & { id: string } {
  return z.parse(userSchema, reply);
}
