import { randomUUID } from "node:crypto";
import { HOOLI_GOV, LOGINS } from "../journeys/logins.ts";
import type { AccessWorld, Owner } from "./access-world.ts";
import type { Asked } from "./asked.ts";
import type { Cell } from "./matrix-page.ts";

/** A request of a cell, and the job that it is about, if any. */
export interface Prepared {
  asked: Asked;
  jobId: string | undefined;
}

const ANSWER = "POST /jobs/{jobId}/mfa";
const NEVER_AN_ID = "not.an.id";

const BODIES: { readonly [route: string]: object } = {
  "POST /users/{userId}/connections": { ...LOGINS.gavin, institution: { id: HOOLI_GOV } },
  "POST /users/{userId}/connections/{connectionId}": LOGINS.gavin,
  [ANSWER]: { "mfa-response": ["1234"] },
};

const FORMS: { readonly [target: string]: Record<string, string> } = {
  SERVER: { scope: "SERVER_ACCESS" },
  "CLIENT, a user": { scope: "CLIENT_ACCESS", userId: "ea3a81" },
  "CLIENT, nobody": { scope: "CLIENT_ACCESS" },
  "CLIENT, malformed user": { scope: "CLIENT_ACCESS", userId: NEVER_AN_ID },
  "another scope": { scope: "ADMIN_ACCESS" },
  "no version": { scope: "SERVER_ACCESS" },
};

/** Everything of the cell in place, and the request that it stands for. */
export async function accessRequest(world: AccessWorld, cell: Cell): Promise<Prepared> {
  const [method = "", pattern = ""] = cell.route.split(" ");
  const authorization = credentialOf(world, cell.credential);
  if (cell.route === "POST /token") {
    const version = cell.target === "no version" ? {} : { "basiq-version": "3.0" };
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const headers = { ...authorization, ...version, ...type };
    return {
      asked: { method, path: pattern, headers, body: String(new URLSearchParams(FORMS[cell.target])) },
      jobId: undefined,
    };
  }
  const [first = "", second = ""] = cell.target.split(" / ");
  const jobId = pattern.includes("{jobId}") ? await jobFor(world, cell) : undefined;
  const path = pattern
    .replace("{userId}", idOf(first, world.userOf))
    .replace("{connectionId}", idOf(second, world.connectionOf))
    .replace("{jobId}", jobId ?? "");
  const { type, body } = bodyOf(cell);
  const headers = { ...authorization, ...(type !== undefined && { "content-type": type }) };
  return { asked: { method, path, headers, ...(body !== undefined && { body }) }, jobId };
}

/** The header of a credential; none for the one that is no token. */
export function credentialOf(world: AccessWorld, name: string): Record<string, string> {
  if (!world.credentials.has(name)) throw new Error(`The page has a credential that is none: ${name}`);
  const authorization = world.credentials.get(name);
  return authorization === undefined ? {} : { authorization };
}

function idOf(target: string, owned: (owner: Owner) => string): string {
  if (target === "own" || target === "other's") return owned(target);
  return target === "unknown" ? randomUUID() : NEVER_AN_ID;
}

/** A challenge does not wait for the whole of a walk: it is there where the page says that it is answered. */
async function jobFor(world: AccessWorld, { route, target, reply }: Cell): Promise<string> {
  if (target !== "own" && target !== "other's") return idOf(target, String);
  return route === ANSWER && reply === "yes" ? world.askedJob(target) : world.queuedJob(target);
}

function bodyOf({ route, body: wrong }: Cell): { type?: string; body?: string } {
  const right = BODIES[route];
  switch (wrong) {
    case "not JSON":
      return { type: "application/json", body: '{"loginId":' };
    case "not JSON, of another type":
      return { type: "text/plain", body: '{"loginId":' };
    case "too large":
      return { type: "application/json", body: JSON.stringify({ ...right, padding: "x".repeat(17_000) }) };
    case undefined:
      return right === undefined ? {} : { type: "application/json", body: JSON.stringify(right) };
    default:
      throw new Error(`The page has a body that is none: ${wrong}`);
  }
}
