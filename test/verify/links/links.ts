import * as z from "zod";
import { authLinkReply } from "../../../functions/http/reply-schemas.ts";
import type { HttpReply, MobileBackend } from "../../journeys/mobile-backend.ts";

export type AuthLink = z.infer<typeof authLinkReply>;

const made = z.object({ id: z.string() });

/** Makes a user at the aggregator, and returns the path of the user's link. */
export async function newUser(
  backend: MobileBackend,
  fields: Record<string, string> = { mobile: "+61410888666" },
): Promise<string> {
  const { json } = await backend.call("POST", "/users", { email: "gavin@hooli.com", ...fields });
  return made.parse(json).id;
}

export function postLink(backend: MobileBackend, userId: string, wanted: object = {}): Promise<HttpReply> {
  return backend.call("POST", `/users/${userId}/auth_link`, wanted);
}

/** Makes a link. Throws unless the API does. */
export async function newLink(
  backend: MobileBackend,
  userId: string,
  wanted: object = {},
): Promise<AuthLink> {
  const reply = await postLink(backend, userId, wanted);
  if (reply.status !== 201)
    throw new Error(`Expected 201, got ${reply.status}: ${JSON.stringify(reply.json)}`);
  return authLinkReply.parse(reply.json);
}
