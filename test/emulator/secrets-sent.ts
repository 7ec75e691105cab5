import { appendFileSync, readFileSync } from "node:fs";
import * as z from "zod";
import { HOOLI } from "../journeys/logins.ts";

const SECRET_FIELDS: ReadonlySet<string> = new Set([
  "loginId",
  "password",
  "securityCode",
  "secondaryLoginId",
  "userToken",
  "mfa-response",
]);
/** Whistler's second answer, which is also the id of a bank; metrics count by bank. */
const NO_SECRETS: ReadonlySet<string> = new Set([HOOLI]);
const TAKES_SECRETS = /\/(connections|mfa)$/;
const bodyText = z.union([
  z.string(),
  z.instanceof(Uint8Array).transform((bytes) => Buffer.from(bytes).toString()),
]);

/** From now on, the body of every request of this process that may hold a login or an answer is kept, a line each. */
export function recordSecretsSent(file: string): void {
  const send = globalThis.fetch;
  globalThis.fetch = (input, init) => {
    const body = bodyText.safeParse(init?.body);
    if (body.success && TAKES_SECRETS.test(String(input)))
      appendFileSync(file, `${JSON.stringify(body.data)}\n`);
    return send(input, init);
  };
}

/** Every login and answer that was recorded. */
export function secretsSent(file: string): Set<string> {
  const bodies = readFileSync(file, "utf8").trim().split("\n");
  const found = bodies.flatMap((line) => secretsIn(parsed(z.string().parse(JSON.parse(line)))));
  return new Set(found.filter((text) => !NO_SECRETS.has(text)));
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    // A test sent it as no JSON.
    return undefined;
  }
}

function secretsIn(body: unknown): string[] {
  const fields = z.record(z.string(), z.unknown()).safeParse(body).data ?? {};
  return Object.entries(fields).flatMap(([name, value]) => (SECRET_FIELDS.has(name) ? textsIn(value) : []));
}

function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  return typeof value === "object" && value !== null ? Object.values(value).flatMap(textsIn) : [];
}
