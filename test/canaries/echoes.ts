import * as z from "zod";
import type { Meet, UpstreamCall, UpstreamReply } from "./exchanging-upstream.ts";

/** Does something in the place of upstream's reply to a call that brought secrets. */
type Echo = (call: UpstreamCall, perform: () => Promise<UpstreamReply>) => Promise<UpstreamReply | undefined>;

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

function said(call: UpstreamCall): string {
  return `Refused: ${textsIn(call.body).join(" and ")}`;
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

/** What upstream's job may say of what was sent for it. */
export const JOB_ECHOES = ["step", "challenge", "title"] as const;

const job = z.looseObject({ steps: z.array(z.looseObject({ title: z.string() })) });

function jobEcho(kind: (typeof JOB_ECHOES)[number], reply: UpstreamReply, words: string): UpstreamReply {
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

/** Upstream with those users for whom it does something of its own. */
export function echoingUpstream() {
  const posts = new Map<string, Echo>();
  const answers = new Map<string, Echo>();
  const looks = new Map<string, (typeof JOB_ECHOES)[number]>();
  const jobs = new Map<string, { userId: string; words: string; wasAnswered: boolean }>();
  const asksTwice = new Set<string>();
  const neverEnds = new Set<string>();

  const meet: Meet = async (call, perform) => {
    const [, userId = "", , more] = /^\/users\/([^/]+)\/(connections)(\/.*)?$/.exec(call.path) ?? [];
    if (call.method === "POST" && userId !== "") {
      const echo = posts.get(userId) ?? posts.get(`${userId}${more === undefined ? "" : " update"}`);
      const reply = await (echo === undefined ? perform() : echo(call, perform));
      noteJob(reply, userId, said(call));
      return reply;
    }
    const [, jobId = "", isAnswer] = /^\/jobs\/([^/]+)(\/mfa)?$/.exec(call.path) ?? [];
    const known = jobs.get(jobId);
    if (known === undefined) return perform();
    if (isAnswer !== undefined) {
      if (asksTwice.has(known.userId) && !known.wasAnswered) {
        known.wasAnswered = true;
        return { status: 202, headers: JSON_TYPE, body: JSON.stringify({ type: "job", id: jobId }) };
      }
      const echo = answers.get(known.userId);
      return echo === undefined ? perform() : echo(call, perform);
    }
    const look = looks.get(known.userId);
    const reply = await perform();
    if (asksTwice.has(known.userId) && known.wasAnswered) return changedSince(reply);
    if (look !== undefined) return jobEcho(look, reply, known.words);
    return neverEnds.has(known.userId) ? unended(reply) : reply;
  };

  function noteJob(reply: UpstreamReply | undefined, userId: string, words: string): void {
    const parsed = z.object({ id: z.string() }).safeParse(jsonOf(reply?.body ?? ""));
    if (parsed.success) jobs.set(parsed.data.id, { userId, words, wasAnswered: false });
  }

  return {
    meet,
    /** What becomes of the logins of a user, of its answers, and of the looks at its jobs from one on. */
    onLogins: (userId: string, name: keyof typeof ECHOES) => posts.set(userId, ECHOES[name]),
    onAnswers: (userId: string, name: keyof typeof ECHOES) => answers.set(userId, ECHOES[name]),
    onLooks: (userId: string, kind: (typeof JOB_ECHOES)[number]) => looks.set(userId, kind),
    /** The first answer is followed by another challenge. */
    asksTwice: (userId: string) => void asksTwice.add(userId),
    neverEnds: (userId: string) => void neverEnds.add(userId),
    stop: (userId: string) => [posts, answers, looks].map((echoes) => echoes.delete(userId)),
  };
}

/** A challenge at another time is another challenge. */
function changedSince(reply: UpstreamReply): UpstreamReply {
  const shown = job.safeParse(jsonOf(reply.body));
  if (
    !shown.success ||
    !shown.data.steps.some((step) => step["result"] !== null && step.title === "mfa-challenge")
  )
    return reply;
  return { ...reply, body: JSON.stringify({ ...shown.data, updated: "2030-01-01T00:00:00Z" }) };
}

function unended(reply: UpstreamReply): UpstreamReply {
  const shown = job.safeParse(jsonOf(reply.body));
  if (!shown.success) return reply;
  const steps = shown.data.steps.map(({ title }, index) => ({
    title,
    status: index === 0 ? "in-progress" : "pending",
    result: null,
  }));
  return { ...reply, body: JSON.stringify({ ...shown.data, steps }) };
}

function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
