import { beforeAll, expect } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { expectDescribed } from "../support/described-reply.ts";
import { FRESH_CONNECTION } from "../support/fresh-connection.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import { type HttpReply, MobileBackend } from "./mobile-backend.ts";
import type { Target } from "./target.ts";

/** A valid body. */
export const VALID = JSON.stringify({ ...LOGINS.gavin, institution: { id: HOOLI } });

export interface PostOptions {
  token?: string;
  type?: string;
  userId?: string;
}

/** A backend that posts raw bodies. */
export function posting(reached: () => Target) {
  let server = "";
  let made: MobileBackend | undefined;

  beforeAll(async () => {
    made = new MobileBackend(reached());
    server = await made.token();
  });

  const backend = () => {
    if (made === undefined) throw new Error("Local mode has not started.");
    return made;
  };

  return {
    backend,
    serverToken: () => server,
    post(body: string | Buffer, options: PostOptions = {}): Promise<HttpReply> {
      const { token = server, type = "application/json", userId = backend().userId } = options;
      return backend().send("POST", `/users/${userId}/connections`, {
        headers: { authorization: `Bearer ${token}`, ...(type !== "" && { "content-type": type }) },
        body: Buffer.from(body),
      });
    },
  };
}

/** The status, the code, and the fields that the errors name. */
export function refusal(reply: HttpReply): [number, string | undefined, (string | undefined)[]] {
  const { data } = errorReply.parse(reply.json);
  expect(reply.headers.get("cache-control")).toBe("no-store");
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(new Set(data.map(({ code }) => code)).size).toBe(1);
  return [reply.status, data[0]?.code, data.map(({ source }) => source?.parameter)];
}

/** A reply with its exact text. */
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
      ...FRESH_CONNECTION,
      ...(key !== undefined && { "idempotency-key": key }),
    },
    ...(body !== undefined && { body }),
  });
  const text = await response.text();
  expectDescribed("POST", path, response.status, JSON.parse(text));
  return { status: response.status, text };
}

export function newConnection({ userId }: MobileBackend, login: object = LOGINS.gavin, bank = HOOLI): Posted {
  return {
    path: `/users/${userId}/connections`,
    body: JSON.stringify({ ...login, institution: { id: bank } }),
  };
}
