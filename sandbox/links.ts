import { presentedToken } from "./access-token.ts";
import type { Situation } from "./call.ts";
import type { Connection } from "./state.ts";

/** The addresses that replies contain. */
export type Links = {
  /** The start of every link, without a trailing slash. */
  readonly baseUrl: string;
  readonly institution: (institutionId: string) => string;
  /** As published, `null` before version 3.0, and for a connection that is gone. */
  readonly connection: (connection: Connection) => string | null;
};

/** Version 3.0 has no institutions: what a bank asks for is published with its connector. */
export function linksFor({ state, call, setting: { baseUrl } }: Situation): Links {
  const isThree = state.tokens.get(presentedToken(call) ?? "")?.version === "3.0";
  return {
    baseUrl,
    institution: (id) => `${baseUrl}${isThree ? `/connectors/${id}/web` : `/institutions/${id}`}`,
    connection: ({ id, userId, deletedAt }) =>
      isThree && deletedAt === undefined ? `${baseUrl}/users/${userId}/connections/${id}` : null,
  };
}

export function institutionLink(institutionId: string, links: Links) {
  return { type: "institution", id: institutionId, links: { self: links.institution(institutionId) } };
}
