import { checkToken, digest } from "../access-token.ts";
import type { Call, Situation } from "../call.ts";
import { notOfThree, notValid, type Refusal, tokenNotBound } from "../refusal.ts";

const actions = ["connect", "manage", "extend", "update", "reauthorise"] as const;

/** Where a person is in the Consent UI. The page keeps all of it in its address and in the fields of its forms. */
export type Visit = {
  readonly token: string;
  /** The user that the token is bound to. */
  readonly userId: string;
  /** Undefined: the person gives a first consent. */
  readonly action: (typeof actions)[number] | undefined;
  /** Goes back to the application as it came. */
  readonly state: string | undefined;
  readonly institutionId: string | undefined;
  readonly connectionId: string | undefined;
  /** The jobs that began during this visit, oldest first. */
  readonly jobIds: readonly string[];
  /** The job that the page shows. */
  readonly jobId: string | undefined;
};

const tokenRule = { versions: ["3.0"], scope: "CLIENT_ACCESS", otherVersion: notOfThree } as const;

/** Returns the fields of a call for a page: those of its form, or of its address. */
export function fieldsOf({ method, query, body }: Call): URLSearchParams {
  return method === "POST" ? new URLSearchParams(body ?? "") : query;
}

/** Returns the SHA-256 of the token in the address or the form of a page, as the state stores it. */
export function pageToken(call: Call): string {
  return digest(fieldsOf(call).get("token") ?? "");
}

/** Reads where the person is. Ignores jobs that are not the user's. */
export function readVisit({ state, call, now }: Situation): Visit | { readonly refusal: Refusal } {
  const fields = fieldsOf(call);
  const token = state.tokens.get(pageToken(call));
  const userId = token?.userId ?? null;
  const refusal = checkToken(token, now, tokenRule, userId ?? "");
  if (refusal !== undefined) return { refusal };
  if (userId === null) return { refusal: tokenNotBound };
  const action = fields.get("action") ?? "";
  const known = actions.find((name) => name === action);
  // Published: a page of the application may send `null` as a text.
  if (known === undefined && action !== "" && action !== "null") {
    return { refusal: notValid("The action is not one of the Consent UI.", "action") };
  }
  const isTheirs = (id: string) => state.jobs.get(id)?.userId === userId;
  return {
    token: fields.get("token") ?? "",
    userId,
    action: known,
    state: fields.get("state") ?? undefined,
    institutionId: fields.get("institutionId") || undefined,
    connectionId: fields.get("connectionId") || undefined,
    jobIds: (fields.get("jobIds") ?? "").split(",").filter(isTheirs),
    jobId: [fields.get("jobId") ?? ""].find(isTheirs),
  };
}

/** Returns the fields that keep where the person is. */
export function keptFields({ userId: _, jobIds, ...visit }: Visit): [string, string][] {
  const fields = { ...visit, jobIds: jobIds.length === 0 ? undefined : jobIds.join(",") };
  return Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]));
}

/** Returns the address of a page. */
export function addressOf(visit: Visit): string {
  return `/home?${new URLSearchParams(keptFields(visit))}`;
}

/** Returns where the browser goes back to, as published: the newest job, all jobs of the visit, and the state. */
export function returnAddress({ state, setting }: Situation, visit: Visit): string | undefined {
  const url = state.consentUi.returnUrl ?? setting.consentReturnUrl;
  if (url === undefined) return undefined;
  const newest = visit.jobIds.at(-1);
  const parts = [
    ...(newest === undefined ? [] : [`jobId=${newest}`, `jobIds=${visit.jobIds.join(",")}`]),
    ...(visit.state === undefined ? [] : [`state=${encodeURIComponent(visit.state)}`]),
  ];
  if (parts.length === 0) return url;
  return `${url}${url.includes("?") ? "&" : "?"}${parts.join("&")}`;
}
