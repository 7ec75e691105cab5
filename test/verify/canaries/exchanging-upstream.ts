import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { listenLocally } from "../../../infra/local/local-server.ts";

/** A call of upstream, as it arrived. */
interface UpstreamCall {
  readonly method: string;
  readonly path: string;
  readonly body: string;
  readonly authorization: string;
}

interface UpstreamReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** Gives another reply than the sandbox's. Without a reply, the connection is cut. */
type Meet = (call: UpstreamCall, perform: () => Promise<UpstreamReply>) => Promise<UpstreamReply | undefined>;

interface ExchangeOptions {
  readonly sandboxUrl: string;
  /** The text that the sandbox knows in place of a canary; any other text itself. */
  readonly originalOf: (text: string) => string;
  readonly meet?: Meet;
  /** Is called with each access token that the sandbox issues. */
  readonly gives?: (token: string) => void;
}

const NOT_FORWARDED = ["connection", "content-length", "transfer-encoding", "host", "keep-alive"];
const tokenReply = z.object({ access_token: z.string() });

/**
 * Stands in front of the sandbox, which knows only the published test users. Exchanges every canary in a body for the text that the
 * sandbox knows, so that jobs with unique logins succeed.
 */
export async function exchangingUpstream(options: ExchangeOptions) {
  const { sandboxUrl, originalOf, meet = (_, perform) => perform(), gives = () => undefined } = options;
  /** Every text in a body, and every Authorization header without its scheme. */
  const arrived = new Set<string>();

  async function reply(request: IncomingMessage): Promise<UpstreamReply | undefined> {
    const { method = "GET", url: path = "/", headers } = request;
    const call = { method, path, body: await text(request), authorization: headers.authorization ?? "" };
    arrived.add(call.authorization.replace(/^\w+ /, ""));
    const body = exchanged(call.body, (sent) => {
      arrived.add(sent);
      return originalOf(sent);
    });
    return meet(call, async () => {
      const performed = await forward(new URL(path, sandboxUrl), request, body);
      const token = path === "/token" ? tokenReply.safeParse(JSON.parse(performed.body)) : undefined;
      if (token?.success) gives(token.data.access_token);
      return performed;
    });
  }

  const server = createServer((request, response) => {
    reply(request).then(
      (given) => send(response, given),
      () => response.destroy(),
    );
  });
  return { ...(await listenLocally(server)), arrived };
}

function exchanged(body: string, exchange: (text: string) => string): string {
  try {
    return JSON.stringify(
      JSON.parse(body, (_, value) => (typeof value === "string" ? exchange(value) : value)),
    );
  } catch {
    return body;
  }
}

async function forward(url: URL, { method = "GET", headers }: IncomingMessage, body: string) {
  const kept = Object.entries(headers).filter(([name]) => !NOT_FORWARDED.includes(name));
  const init = { method, headers: Object.fromEntries(kept.map(([name, value]) => [name, String(value)])) };
  const response = await fetch(url, { ...init, ...(body !== "" && { body }), redirect: "manual" });
  const dropped = [...NOT_FORWARDED, "content-encoding"];
  const replied = [...response.headers].filter(([name]) => !dropped.includes(name));
  return { status: response.status, headers: Object.fromEntries(replied), body: await response.text() };
}

function send(response: ServerResponse, given: UpstreamReply | undefined): void {
  if (given === undefined) response.socket?.resetAndDestroy();
  else response.writeHead(given.status, given.headers).end(given.body);
}

/** Counts the failures of upstream by call, such as `GET /jobs/*`. */
export function metTroubles() {
  const met = new Map<string, number>();

  function note({ method, path }: UpstreamCall): void {
    const name = `${method} ${path.replace(/\?.*$/, "").replace(/^(\/\w+\/)[^/]+/, "$1*")}`;
    met.set(name, (met.get(name) ?? 0) + 1);
  }

  return {
    async around(call: UpstreamCall, perform: () => Promise<UpstreamReply>): Promise<UpstreamReply> {
      try {
        const reply = await perform();
        const { status, headers } = reply;
        // The sandbox itself never sends these to a client with a valid token.
        if (status === 401 || status >= 500 || headers["content-type"] === "text/html") note(call);
        return reply;
      } catch (error) {
        note(call);
        throw error;
      }
    },
    begin: () => met.clear(),
    count: (name: string) => met.get(name) ?? 0,
  };
}

export function jsonOf(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

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
  "says it in a reply of the wrong shape": async ({ body }) => ({
    status: 202,
    headers: JSON_TYPE,
    body: JSON.stringify({ id: { sent: body }, type: textsIn(body) }),
  }),
  "says it beside a right reply": async (call, perform) => {
    const reply = await perform();
    return { ...reply, body: JSON.stringify({ ...Object(jsonOf(reply.body)), sent: call.body }) };
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
  const looks = new Map<string, JobEcho>();
  const jobs = new Map<string, { userId: string; words: string; answers: number }>();
  const asksTwice = new Set<string>();
  const neverEnds = new Set<string>();

  const meet: Meet = async (call, perform) => {
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
    onLooks: (userId: string, kind: JobEcho) => looks.set(userId, kind),
    /** The first answer is followed by another challenge. */
    asksTwice: (userId: string) => void asksTwice.add(userId),
    neverEnds: (userId: string) => void neverEnds.add(userId),
  };
}
