import type { AuthLinkReply } from "../../http/reply-schemas.ts";
import { timestamp } from "../../jobs/api/replies.ts";
import type { SealedLink } from "../domain/ports.ts";

/** Renders a link with its address in clear, as published: `self` is relative. `apiUrl` has no trailing slash. */
export function renderAuthLink(
  userId: string,
  { id, hash, mobile, validUntil }: SealedLink,
  apiUrl: string,
): AuthLinkReply {
  return {
    type: "auth_link",
    // Companies can log it: it names the link, but does not open it.
    id: hash,
    userId,
    mobile,
    expiresAt: timestamp(validUntil),
    links: { public: `${apiUrl}/c/${id.reveal()}`, self: `/users/${userId}/auth_link` },
  };
}
