import { createHash, timingSafeEqual } from "node:crypto";
import * as z from "zod/mini";
import type { Call, Outcome, Setting, Situation } from "./call.ts";
import { readObject } from "./json-body.ts";
import {
  expiredToken,
  notFound,
  notValid,
  type Refusal,
  scopeNotEnough,
  unknownKey,
  unknownToken,
} from "./refusal.ts";
import { jsonReply } from "./reply.ts";
import type { Token } from "./state.ts";
import { isUserId } from "./user-id.ts";

/** The published lifetime. `timeScale` does not change it. */
const lifetimeSeconds = 3_600;
/** For one day after its expiry, a token is refused as expired. Afterwards it is refused as unknown. */
const rememberedMs = 86_400_000;

const version = z.literal(["2.0", "2.1", "3.0"]);
const asked = z.object({
  scope: z._default(z.literal(["SERVER_ACCESS", "CLIENT_ACCESS"]), "SERVER_ACCESS"),
  userId: z._default(z.nullable(z.string().check(z.refine(isUserId))), null),
});

/**
 * Answers `POST /token`: issues a token for a valid API key and a known `basiq-version`. The token carries its scope, its
 * version and, for clients, its user.
 */
export function issueToken({ state, call, now, setting }: Situation): Outcome {
  const wanted = version.safeParse(call.headers.get("basiq-version"));
  if (!wanted.success) {
    const detail = "Basiq-version must be specified in HTTP request header";
    return { refusal: notValid(detail, "basiq-version", "header/basiq-version") };
  }
  if (!hasKey(call, setting)) return { refusal: unknownKey };
  const fields = asked.safeParse(tokenFields(call));
  if (!fields.success) return { refusal: notValid("Scope or user is not valid.", "scope") };
  const { scope, userId } = fields.data;
  const text = setting.newToken();
  const remembered = [...state.tokens].filter(([, { expiresAt }]) => expiresAt + rememberedMs > now);
  const token: Token = { expiresAt: now + lifetimeSeconds * 1_000, scope, version: wanted.data, userId };
  return {
    reply: jsonReply(200, { access_token: text, token_type: "Bearer", expires_in: lifetimeSeconds }),
    change: { tokens: new Map([...remembered, [digest(text), token]]) },
  };
}

/** Reads a form, or JSON, as the aggregator does. An empty body asks for a server token. */
function tokenFields(call: Call): unknown {
  const body = call.body ?? "";
  if (/json/i.test(call.headers.get("content-type") ?? "") && body.trim() !== "") {
    const read = readObject(call);
    return "refusal" in read ? undefined : read.value;
  }
  return Object.fromEntries(new URLSearchParams(body));
}

/** The token that a route requires. */
export type TokenRule = {
  /** The versions that have the route. Undefined: all. */
  readonly versions?: readonly Token["version"][];
  /** Undefined: both scopes. */
  readonly scope?: Token["scope"];
  /** The refusal of a token of another version. Undefined: the route does not exist for it. */
  readonly otherVersion?: Refusal;
};

/** Returns the refusal of a call whose token is unknown, expired or not enough for the route. Undefined if it is enough. */
export function refuseToken(
  { state, call, now }: Situation,
  rule: TokenRule,
  userId: string,
): Refusal | undefined {
  return checkToken(state.tokens.get(presentedToken(call) ?? ""), now, rule, userId);
}

/** Returns the refusal of a token. Undefined if it is enough. */
export function checkToken(
  token: Token | undefined,
  now: number,
  rule: TokenRule,
  userId: string,
): Refusal | undefined {
  if (token === undefined) return unknownToken;
  if (now >= token.expiresAt) return expiredToken;
  if (rule.versions !== undefined && !rule.versions.includes(token.version)) {
    return rule.otherVersion ?? notFound("route");
  }
  if (rule.scope !== undefined && rule.scope !== token.scope) return scopeNotEnough;
  return token.userId === null || userId === "" || token.userId === userId ? undefined : scopeNotEnough;
}

/** Returns the refusal of a control call without the API key. Undefined if the call is allowed. */
export function refuseControl({ call, setting }: Pick<Situation, "call" | "setting">): Refusal | undefined {
  return setting.isControlGuarded && !hasKey(call, setting) ? unknownKey : undefined;
}

/** Returns the SHA-256 of the call's bearer token in hex, as the state stores it. */
export function presentedToken(call: Call): string | undefined {
  const token = credential(call.headers.get("authorization"), "bearer");
  return token === undefined ? undefined : digest(token);
}

function hasKey(call: Call, { apiKey }: Setting): boolean {
  const key = credential(call.headers.get("authorization"), "basic");
  return key !== undefined && (apiKey === undefined || isSame(key, apiKey));
}

/** Compares two keys of any length in constant time. */
function isSame(one: string, other: string): boolean {
  return timingSafeEqual(sha256(one).digest(), sha256(other).digest());
}

function credential(header: string | undefined, scheme: "basic" | "bearer"): string | undefined {
  const [, name, value] = /^(\S+) +(\S.*)$/.exec(header ?? "") ?? [];
  return name?.toLowerCase() === scheme ? value : undefined;
}

/** Returns the SHA-256 of a token in hex, as the state stores it. */
export function digest(token: string): string {
  return sha256(token).digest("hex");
}

function sha256(text: string) {
  return createHash("sha256").update(text);
}
