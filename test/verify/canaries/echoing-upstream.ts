import * as z from "zod";
import {
  exchanged,
  jsonOf,
  type Meet,
  type UpstreamCall,
  type UpstreamReply,
} from "./exchanging-upstream.ts";

const JSON_TYPE = { "content-type": "application/json" };

function refusal(status: number, words: string, code = words): UpstreamReply {
  const source = { parameter: words, pointer: words };
  const data = [{ type: "error", code, title: words, detail: words, source }];
  return { status, headers: JSON_TYPE, body: JSON.stringify({ type: "list", correlationId: words, data }) };
}

/** The long texts in a body of JSON. */
function textsIn(body: string): string[] {
  const texts: string[] = [];
  exchanged(body, (text) => {
    texts.push(text);
    return text;
  });
  return texts.filter((text) => text.length > 12);
}

function wordsOf(call: UpstreamCall): string {
  return `Refused: ${[...textsIn(call.body), call.authorization].join(" and ")}`;
}

/** What upstream may do with a login or an answer besides using it. */
export const ECHOES = {
  "says it in a refusal": async (call) => refusal(400, wordsOf(call), "invalid-credentials"),
  "says it as the code of a refusal": async (call) => refusal(400, wordsOf(call)),
  "says it as JSON in a refusal": async (call) =>
    refusal(400, `Not valid: ${call.body}`, "parameter-not-valid"),
  "says it in a URL in a refusal": async (call) =>
    refusal(404, `https://bank.example/?q=${textsIn(call.body).map(encodeURIComponent).join("&")}`, "gone"),
  "says it with a 500": async (call) => refusal(500, wordsOf(call), "internal-server-error"),
  "says it with a 429": async (call) => refusal(429, wordsOf(call), "too-many-requests"),
  "says it with a 503": async (call) => refusal(503, wordsOf(call), "service-unavailable"),
  "says it in a page": async ({ body }) => ({
    status: 502,
    headers: { "content-type": "text/html" },
    body: `<html><title>${body}</title></html>`,
  }),
  "says it in a page with a 200": async ({ body }) => ({
    status: 200,
    headers: {},
    body: `<html>${body}</html>`,
  }),
  "redirects with it": async ({ body }) => ({
    status: 302,
    headers: { location: `http://127.0.0.1:9/?q=${encodeURIComponent(body)}` },
    body: "",
  }),
  "says it in a header": async (call, perform) => {
    const reply = await perform();
    return { ...reply, headers: { ...reply.headers, "x-sent": encodeURIComponent(call.body) } };
  },
  "says it in a reply of the wrong shape": async ({ body, authorization }) => ({
    status: 202,
    headers: JSON_TYPE,
    body: JSON.stringify({ id: { sent: body, authorization }, type: textsIn(body) }),
  }),
  "says it beside a right reply": async (call, perform) => {
    const reply = await perform();
    const sent = [call.body, call.authorization];
    return { ...reply, body: JSON.stringify({ ...Object(jsonOf(reply.body)), sent }) };
  },
  "cuts the connection before": async () => undefined,
  "cuts the connection after": async (_, perform) => {
    await perform();
    return undefined;
  },
} as const satisfies { [name: string]: Meet };

/** Where the job of upstream may repeat a login. */
export const JOB_ECHOES = ["step", "challenge", "title"] as const;
type JobEcho = (typeof JOB_ECHOES)[number];

const EXPIRY_MS = 240_000;
const shownJob = z.looseObject({
  steps: z.array(z.looseObject({ title: z.string(), result: z.unknown() })),
});
type ShownStep = z.infer<typeof shownJob>["steps"][number];

const challenge = (description: string, input: string) => ({
  type: "mfa",
  method: "token",
  description,
  input: [input],
  expiryMs: EXPIRY_MS,
});

/** The reply with other steps, if it shows a job. */
function withSteps(
  reply: UpstreamReply,
  change: (steps: ShownStep[]) => object[],
  more: object = {},
): UpstreamReply {
  const { data } = shownJob.safeParse(jsonOf(reply.body));
  if (data === undefined) return reply;
  return { ...reply, body: JSON.stringify({ ...data, steps: change(data.steps), ...more }) };
}

function echoedIn(kind: JobEcho, words: string) {
  const failed = { code: words, title: words, detail: words };
  return ([first, ...rest]: ShownStep[]) =>
    ({
      step: [{ ...first, status: "failed", result: failed }, ...rest],
      challenge: [
        { ...first, status: "success" },
        { title: "mfa-challenge", status: "in-progress", result: challenge(words, words) },
      ],
      title: [
        { ...first, status: "success" },
        { title: words, status: "failed", result: failed },
      ],
    })[kind];
}

/** The job asks once more, whatever it really shows. */
function askingAgain(steps: ShownStep[]): object[] {
  return steps.map((step) => {
    if (step.title === "verify-credentials") return step;
    return step.title === "mfa-challenge"
      ? { ...step, status: "in-progress", result: challenge("Again", "Code") }
      : { ...step, status: "pending", result: null };
  });
}

function unended(steps: ShownStep[]): object[] {
  return steps.map(({ title }, index) => ({
    title,
    status: index === 0 ? "in-progress" : "pending",
    result: null,
  }));
}

/** Upstream with behaviour of its own for some users. */
export function echoingUpstream() {
  const posts = new Map<string, Meet>();
  const answers = new Map<string, Meet>();
  const passed = new Map<string, Meet>();
  const looks = new Map<string, JobEcho>();
  const jobs = new Map<string, { userId: string; words: string; answers: number }>();
  const asksTwice = new Set<string>();
  const neverEnds = new Set<string>();
  let isKeyRefused = false;

  const refuseToken: Meet = async (call) => {
    isKeyRefused = true;
    return refusal(401, wordsOf(call));
  };

  const meet: Meet = async (call, perform) => {
    if (isKeyRefused && call.path === "/token") {
      isKeyRefused = false;
      return refusal(401, wordsOf(call));
    }
    const ofUser = passed.get(/^\/users\/([^/?]+)/.exec(call.path)?.[1] ?? "");
    if (ofUser !== undefined) return ofUser(call, perform);
    const [, userId = ""] = /^\/users\/([^/]+)\/connections/.exec(call.path) ?? [];
    if (call.method === "POST" && userId !== "") {
      const reply = await (posts.get(userId)?.(call, perform) ?? perform());
      const { data } = z.object({ id: z.string() }).safeParse(jsonOf(reply?.body ?? ""));
      if (data !== undefined) jobs.set(data.id, { userId, words: wordsOf(call), answers: 0 });
      return reply;
    }
    const [, jobId = "", isAnswer] = /^\/jobs\/([^/]+)(\/mfa)?$/.exec(call.path) ?? [];
    const known = jobs.get(jobId);
    if (known === undefined) return perform();
    const isAskedTwice = asksTwice.has(known.userId);
    if (isAnswer !== undefined) {
      known.answers += 1;
      if (isAskedTwice && known.answers > 1)
        return { status: 202, headers: {}, body: JSON.stringify({ type: "job", id: jobId }) };
      return answers.get(known.userId)?.(call, perform) ?? perform();
    }
    const look = looks.get(known.userId);
    const shown = await perform();
    // The sandbox's time is slower than ours.
    const body = shown.body.replaceAll(/"expiryMs":\d+/g, `"expiryMs":${EXPIRY_MS}`);
    const reply = { ...shown, body };
    // At another time, it is another challenge.
    if (isAskedTwice && known.answers === 1)
      return withSteps(reply, askingAgain, { updated: "2030-01-01T00:00:00Z" });
    if (look !== undefined) return withSteps(reply, echoedIn(look, known.words));
    return neverEnds.has(known.userId) ? withSteps(reply, unended) : reply;
  };

  return {
    meet,
    /** From now on, what upstream does with the logins of a user, with its answers, and in its jobs. */
    onLogins: (userId: string, name: keyof typeof ECHOES) => posts.set(userId, ECHOES[name]),
    onAnswers: (userId: string, name: keyof typeof ECHOES) => answers.set(userId, ECHOES[name]),
    onPassed: (userId: string, echo: Meet) => passed.set(userId, echo),
    /** The token of the user's next request, and then the API key that is to get another one. */
    refusesToken: (userId: string) => passed.set(userId, refuseToken),
    onLooks: (userId: string, kind: JobEcho) => looks.set(userId, kind),
    /** The first answer is followed by another challenge. */
    asksTwice: (userId: string) => void asksTwice.add(userId),
    neverEnds: (userId: string) => void neverEnds.add(userId),
  };
}
