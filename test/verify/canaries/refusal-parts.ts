import { randomUUID } from "node:crypto";
import { HOOLI } from "../../journeys/logins.ts";
import type { BeyondLimits } from "./beyond-limits.ts";
import type { CanaryRegister } from "./canary-register.ts";

/** A request that is to be refused, and how. */
export interface RefusedRequest {
  readonly name: string;
  readonly method: string;
  readonly path: string;
  readonly status: number;
  /** The challenge that it is about may be over by then. */
  readonly mayBeLate?: true;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

/** What is there to be asked for. */
export interface Known extends BeyondLimits {
  readonly apiKey: string;
  readonly server: string;
  /** Of a user, and bound to it. */
  readonly client: string;
  readonly userId: string;
  /** Of that user: over, and one that asks one thing. */
  readonly overJobId: string;
  readonly askingJobId: string;
}

export const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };
export const BODY_LIMIT = 16 * 1024;

/** What refused requests are made of: texts that are canaries, and calls that are right but for one thing. */
export function refusalParts(register: CanaryRegister, known: Known) {
  const { userId, server } = known;
  const text = (what: string) => register.text(`refused ${what}`);
  const plain = (what: string) => register.plain(`refused ${what}`);
  const header = (what: string) => register.header(`refused ${what}`);
  const login = () => ({
    loginId: text("login"),
    password: text("password"),
    securityCode: text("security code"),
  });
  // Shared by the requests of a call: each has others in its body or its path.
  const everywhere = { "x-more": header("header"), cookie: `session=${plain("cookie")}` };
  const query = `?password=${encodeURIComponent(text("query"))}`;
  const bearer = (token: string) => ({ authorization: `Bearer ${token}`, ...JSON_TYPE, ...everywhere });

  const connections = `/users/${userId}/connections`;
  const unknownConnection = `${connections}/${randomUUID()}`;
  const unknownJob = `/jobs/${randomUUID()}`;
  const create = (name: string, status: number, body: string, headers: Record<string, string> = {}) => ({
    name: `create: ${name}`,
    method: "POST",
    path: `${connections}${query}`,
    status,
    headers: { ...bearer(server), ...headers },
    body,
  });
  const json = (more: object) => JSON.stringify({ institution: { id: HOOLI }, ...more });
  const trade = (
    name: string,
    status: number,
    headers: Record<string, string>,
    form: Record<string, string> = {},
  ) => ({
    name: `token: ${name}`,
    method: "POST",
    path: `/token${query}`,
    status,
    headers: {
      authorization: `Basic ${known.apiKey}`,
      "basiq-version": "3.0",
      ...FORM_TYPE,
      ...everywhere,
      ...headers,
    },
    body: String(new URLSearchParams(form)),
  });
  const call = (
    name: string,
    status: number,
    method: string,
    path: string,
    body?: object,
    token = server,
  ) => ({
    name,
    method,
    path: `${path}${path.includes("?") ? "" : query}`,
    status,
    headers: bearer(token),
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  const late = (request: RefusedRequest): RefusedRequest => ({ ...request, mayBeLate: true });
  const answers = () => ({ "mfa-response": [text("answer")] });

  return {
    text,
    plain,
    header,
    login,
    bearer,
    connections,
    unknownConnection,
    unknownJob,
    create,
    json,
    trade,
    call,
    late,
    answers,
  };
}
