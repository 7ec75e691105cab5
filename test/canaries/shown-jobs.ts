import * as z from "zod";
import type { UpstreamReply } from "./exchanging-upstream.ts";

/** What upstream's job may say of what was sent for it. */
export const JOB_ECHOES = ["step", "challenge", "title"] as const;

const job = z.looseObject({ steps: z.array(z.looseObject({ title: z.string(), result: z.unknown() })) });

export function jobEcho(
  kind: (typeof JOB_ECHOES)[number],
  reply: UpstreamReply,
  words: string,
): UpstreamReply {
  const parsed = job.safeParse(JSON.parse(reply.body));
  if (!parsed.success) return reply;
  const [first, ...rest] = parsed.data.steps;
  const failed = { code: words, title: words, detail: words };
  const challenge = { type: "mfa", method: "token", description: words, input: [words], expiryMs: 120_000 };
  const steps = {
    step: [{ ...first, status: "failed", result: failed }, ...rest],
    challenge: [
      { ...first, status: "success" },
      { title: "mfa-challenge", status: "in-progress", result: challenge },
    ],
    title: [
      { ...first, status: "success" },
      { title: words, status: "failed", result: failed },
    ],
  }[kind];
  return { ...reply, body: JSON.stringify({ ...parsed.data, steps }) };
}

/** A challenge at another time is another challenge. */
export function changedSince(reply: UpstreamReply): UpstreamReply {
  const shown = job.safeParse(jsonOf(reply.body));
  const asks = (step: { title: string; result?: unknown }) =>
    step.title === "mfa-challenge" && step.result !== null;
  if (!shown.success || !shown.data.steps.some(asks)) return reply;
  return { ...reply, body: JSON.stringify({ ...shown.data, updated: "2030-01-01T00:00:00Z" }) };
}

export function unended(reply: UpstreamReply): UpstreamReply {
  const shown = job.safeParse(jsonOf(reply.body));
  if (!shown.success) return reply;
  const steps = shown.data.steps.map(({ title }, index) => ({
    title,
    status: index === 0 ? "in-progress" : "pending",
    result: null,
  }));
  return { ...reply, body: JSON.stringify({ ...shown.data, steps }) };
}

export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
