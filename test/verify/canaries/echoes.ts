import * as z from "zod";
import type { UpstreamCall, UpstreamReply } from "./exchanging-upstream.ts";

/** Does something in the place of upstream's reply to a call that brought secrets. */
export type Echo = (
  call: UpstreamCall,
  perform: () => Promise<UpstreamReply>,
) => Promise<UpstreamReply | undefined>;

const JSON_TYPE = { "content-type": "application/json" };

function refusal(status: number, words: string, code = words): UpstreamReply {
  const data = [
    { type: "error", code, title: words, detail: words, source: { parameter: words, pointer: words } },
  ];
  return { status, headers: JSON_TYPE, body: JSON.stringify({ type: "list", correlationId: words, data }) };
}

/** All that was sent in the body, as texts. */
function textsIn(body: string): string[] {
  const texts: string[] = [];
  try {
    JSON.parse(body, (_, value) => (typeof value === "string" ? texts.push(value) : value));
  } catch {
    // A form: nothing of a user's.
  }
  return texts.filter((text) => text.length > 12);
}

export function said(call: UpstreamCall): string {
  return `Refused: ${[...textsIn(call.body), call.authorization].join(" and ")}`;
}

/** What upstream may do with a login or an answer that was sent to it, beside what it is for. */
export const ECHOES = {
  "says it in a refusal": async (call) => refusal(400, said(call), "invalid-credentials"),
  "says it as the code of a refusal": async (call) => refusal(400, said(call)),
  "says it as JSON in a refusal": async (call) =>
    refusal(400, `Not valid: ${call.body}`, "parameter-not-valid"),
  "says it in a URL in a refusal": async (call) =>
    refusal(404, `https://bank.example/?q=${textsIn(call.body).map(encodeURIComponent).join("&")}`, "gone"),
  "says it with a 500": async (call) => refusal(500, said(call), "internal-server-error"),
  "says it with a 429": async (call) => refusal(429, said(call), "too-many-requests"),
  "says it with a 503": async (call) => refusal(503, said(call), "service-unavailable"),
  "says it in a page": async (call) => ({
    status: 502,
    headers: { "content-type": "text/html" },
    body: `<html><title>${call.body}</title></html>`,
  }),
  "says it in a page that is well": async (call) => ({
    status: 200,
    headers: {},
    body: `<html>${call.body}</html>`,
  }),
  "leads elsewhere with it": async (call) => ({
    status: 302,
    headers: { location: `http://127.0.0.1:9/?q=${encodeURIComponent(call.body)}` },
    body: "",
  }),
  "says it in a header": async (call, perform) => {
    const reply = await perform();
    return { ...reply, headers: { ...reply.headers, "x-sent": encodeURIComponent(call.body) } };
  },
  "says it in a reply of the wrong shape": async (call) => ({
    status: 202,
    headers: JSON_TYPE,
    body: JSON.stringify({ id: { sent: call.body }, type: textsIn(call.body) }),
  }),
  "says it beside a right reply": async (call, perform) => {
    const reply = await perform();
    const body = JSON.stringify({
      ...z.record(z.string(), z.unknown()).parse(JSON.parse(reply.body)),
      sent: call.body,
    });
    return { ...reply, body };
  },
  "cuts the connection before": async () => undefined,
  "cuts the connection after": async (_, perform) => {
    await perform();
    return undefined;
  },
} as const satisfies { [name: string]: Echo };
