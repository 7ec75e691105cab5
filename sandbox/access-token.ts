import { createHash, timingSafeEqual } from "node:crypto";
import type { Call, Outcome, Setting, Situation } from "./call.ts";
import { expiredToken, notValid, type Refusal, unknownKey, unknownToken } from "./refusal.ts";
import { jsonReply } from "./reply.ts";

const versions: ReadonlySet<string> = new Set(["2.0", "2.1", "3.0"]);
/** The published lifetime. `timeScale` does not change it. */
const lifetimeSeconds = 3_600;
/** For one day after its expiry, a token is refused as expired. Afterwards it is refused as unknown. */
const rememberedMs = 86_400_000;

/** Answers `POST /token`: issues a token for a valid API key and a known `basiq-version`. */
export function issueToken({ state, call, now, setting }: Situation): Outcome {
  if (!versions.has(call.headers.get("basiq-version") ?? "")) {
    const detail = "Basiq-version must be specified in HTTP request header";
    return { refusal: notValid(detail, "basiq-version", "header/basiq-version") };
  }
  if (!hasKey(call, setting)) return { refusal: unknownKey };
  const token = setting.newToken();
  const remembered = [...state.tokenExpiries].filter(([, expiry]) => expiry + rememberedMs > now);
  return {
    reply: jsonReply(200, { access_token: token, token_type: "Bearer", expires_in: lifetimeSeconds }),
    change: { tokenExpiries: new Map([...remembered, [digest(token), now + lifetimeSeconds * 1_000]]) },
  };
}

/** Returns the refusal of a call whose token is unknown or expired. Undefined if the token is valid. */
export function refuseToken({ state, call, now }: Situation): Refusal | undefined {
  const expiry = state.tokenExpiries.get(presentedToken(call) ?? "");
  if (expiry === undefined) return unknownToken;
  return now < expiry ? undefined : expiredToken;
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

function digest(token: string): string {
  return sha256(token).digest("hex");
}

function sha256(text: string) {
  return createHash("sha256").update(text);
}
