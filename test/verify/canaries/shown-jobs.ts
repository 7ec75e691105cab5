import * as z from "zod";
import type { UpstreamReply } from "./exchanging-upstream.ts";

const EXPIRY_MS = 240_000;

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
  const challenge = { type: "mfa", method: "token", description: words, input: [words], expiryMs: EXPIRY_MS };
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

/** The job asks once more, whatever it really shows. At another time it is another challenge. */
export function askingAgain(reply: UpstreamReply): UpstreamReply {
  const shown = job.safeParse(jsonOf(reply.body));
  if (!shown.success) return reply;
  const result = { type: "mfa", method: "token", description: "Again", input: ["Code"], expiryMs: EXPIRY_MS };
  const steps = shown.data.steps.map((step) => {
    if (step.title === "verify-credentials") return step;
    return step.title === "mfa-challenge"
      ? { ...step, status: "in-progress", result }
      : { ...step, status: "pending", result: null };
  });
  return { ...reply, body: JSON.stringify({ ...shown.data, steps, updated: "2030-01-01T00:00:00Z" }) };
}

/** A challenge stays open for as long as the sandbox's, whose time is slower here. */
export function openForLonger(reply: UpstreamReply): UpstreamReply {
  return { ...reply, body: reply.body.replaceAll(/"expiryMs":\d+/g, `"expiryMs":${EXPIRY_MS}`) };
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
