import { createHash } from "node:crypto";
import type { Outcome, Situation } from "./call.ts";
import { expiredToken, notValid, type Refusal, unknownKey, unknownToken } from "./refusal.ts";
import { jsonReply } from "./reply.ts";

const versions: ReadonlySet<string> = new Set(["2.0", "2.1", "3.0"]);
/** As published; the pace of the jobs does not change it. */
const lifetimeSeconds = 3_600;
/** An expired token is still told from an unknown one for a day. */
const rememberedMs = 86_400_000;

export function issueToken({ state, call, now, setting }: Situation): Outcome {
  if (!versions.has(call.headers.get("basiq-version") ?? "")) {
    const detail = "Basiq-version must be specified in HTTP request header";
    return { refusal: notValid(detail, "basiq-version", "header/basiq-version") };
  }
  const key = credential(call.headers.get("authorization"), "basic");
  if (key === undefined || (setting.apiKey !== undefined && key !== setting.apiKey)) {
    return { refusal: unknownKey };
  }
  const token = setting.newToken();
  const remembered = [...state.tokenExpiries].filter(([, expiry]) => expiry + rememberedMs > now);
  return {
    reply: jsonReply(200, { access_token: token, token_type: "Bearer", expires_in: lifetimeSeconds }),
    change: { tokenExpiries: new Map([...remembered, [digest(token), now + lifetimeSeconds * 1_000]]) },
  };
}

export function refuseToken({ state, call, now }: Situation): Refusal | undefined {
  const token = credential(call.headers.get("authorization"), "bearer");
  const expiry = token === undefined ? undefined : state.tokenExpiries.get(digest(token));
  if (expiry === undefined) return unknownToken;
  return now < expiry ? undefined : expiredToken;
}

function credential(header: string | undefined, scheme: "basic" | "bearer"): string | undefined {
  const [, name, value] = /^(\S+) +(\S.*)$/.exec(header ?? "") ?? [];
  return name?.toLowerCase() === scheme ? value : undefined;
}

function digest(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
