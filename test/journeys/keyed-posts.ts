import { jobReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { connectionPath } from "./calls.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import type { MobileBackend } from "./mobile-backend.ts";

/** A reply to the byte. */
export interface RawReply {
  status: number;
  text: string;
}

export interface Posted {
  path: string;
  body?: string;
}

/** Posts with an Idempotency-Key, or without. */
export async function post(
  backend: MobileBackend,
  { path, body }: Posted,
  key?: string,
  token?: string,
): Promise<RawReply> {
  const response = await fetch(`${backend.target.apiUrl}${path}`, {
    method: "POST",
    headers: {
      authorization: `Bearer ${token ?? (await backend.token())}`,
      "content-type": "application/json",
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(body !== undefined && { body }),
  });
  return { status: response.status, text: await response.text() };
}

export function newConnection({ userId }: MobileBackend, login: object = LOGINS.gavin, bank = HOOLI): Posted {
  return {
    path: `/users/${userId}/connections`,
    body: JSON.stringify({ ...login, institution: { id: bank } }),
  };
}

/** The calls that make jobs, for a user with this connection. */
export const CALLS: { [name: string]: (backend: MobileBackend, connectionId: string) => Posted } = {
  "a new connection": (backend) => newConnection(backend),
  "another login": (backend, connectionId) => ({
    path: connectionPath(backend, connectionId),
    body: JSON.stringify(LOGINS.gavin),
  }),
  "a refresh": (backend, connectionId) => ({ path: `${connectionPath(backend, connectionId)}/refresh` }),
  "a refresh of all": (backend) => ({ path: connectionPath(backend, "refresh") }),
};

/** The ids of the jobs that a reply names. */
export function jobsIn({ text }: RawReply): string[] {
  const json: unknown = JSON.parse(text);
  const one = stubReply.safeParse(json);
  if (one.success) return [one.data.id];
  const whole = jobReply.safeParse(json);
  if (whole.success) return [whole.data.id];
  return [...text.matchAll(/"id":"([^"]+)"/g)].map(([, id = ""]) => id);
}
