import { beforeAll, expect } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import { type HttpReply, MobileBackend } from "./mobile-backend.ts";
import type { Target } from "./target.ts";

/** A body that nothing is wrong with. */
export const VALID = JSON.stringify({ ...LOGINS.gavin, institution: { id: HOOLI } });

export interface PostOptions {
  token?: string;
  type?: string;
  userId?: string;
}

/** A backend that posts raw bodies, right and wrong ones. */
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

/** Status, code, and the fields that the errors name. */
export function refusal(reply: HttpReply): [number, string | undefined, (string | undefined)[]] {
  const { data } = errorReply.parse(reply.json);
  expect(reply.headers.get("cache-control")).toBe("no-store");
  expect(reply.headers.get("content-type")).toBe("application/json");
  expect(new Set(data.map(({ code }) => code)).size).toBe(1);
  return [reply.status, data[0]?.code, data.map(({ source }) => source?.parameter)];
}
