import { createServer, type IncomingMessage } from "node:http";
import { text } from "node:stream/consumers";
import * as z from "zod";
import { listenLocally } from "../../../infra/local/local-server.ts";
import type { FakeClock } from "../../support/fake-clock.ts";
import { USER_ID } from "../../support/job-examples.ts";
import type { Life, Scene, ShownStep } from "./lives.ts";

const ROUTES = {
  token: /^POST \/token$/,
  institution: /^GET \/institutions\/(\w+)$/,
  connector: /^GET \/connectors\/(\w+)\/web$/,
  connections: /^GET \/users\/[\w-]+\/connections$/,
  connection: /^GET \/users\/[\w-]+\/connections\/([\w-]+)$/,
  create: /^POST \/users\/[\w-]+\/connections$/,
  update: /^POST \/users\/[\w-]+\/connections\/([\w-]+)$/,
  refresh: /^POST \/users\/[\w-]+\/connections\/([\w-]+)\/refresh$/,
  list: /^GET \/users\/[\w-]+\/jobs(?:\?filter=connection\.id\.eq\((?:'|%27)([\w-]+)(?:'|%27)\))?$/,
  look: /^GET \/jobs\/([\w-]+)$/,
  answer: /^POST \/jobs\/([\w-]+)\/mfa$/,
} as const;

export type Call = keyof typeof ROUTES;

const POSTS: readonly Call[] = ["create", "update", "refresh"];

/** An HTTP reply. With `names`, the body is the stub of the job of that number, from 0. */
interface Reply {
  status: number;
  code?: string;
  body?: unknown;
  names?: number;
  retryAfter?: string;
}

/** `cut`: before the work is done. `lost`: after it. A number: the reply is lost, and the work is done so many seconds later. */
export type Fault = Reply | "cut" | "lost" | number;

export interface Meeting {
  call: Call;
  fault: Fault;
  /** How many such calls go well before. */
  after: number;
  times: number;
  /** In seconds since the beginning. */
  until: number;
}

export interface JobReply {
  [field: string]: unknown;
  steps: ShownStep[];
  links: { self: string; source?: string } | null;
}

export interface Upstream {
  version?: "2.1" | "3.0";
  /** What the jobs show, in the order of their logins. The last one is for all that follow. */
  lives: readonly Life[];
  meetings?: readonly Meeting[];
  /** Rewrites the jobs that are shown and listed. */
  shape?(reply: JobReply): unknown;
  /** Jobs of the same bank that began before ours, by how many seconds. */
  others?: readonly Other[];
  /** A create gets the connection of the last login at the same bank. */
  givesConnectionsAgain?: boolean;
  institution?: object;
  /** Whose tokens may answer: clients' unless something else is said. */
  answerScope?: "CLIENT_ACCESS" | "SERVER_ACCESS";
  /** For how many seconds the bank is down: its record says so, and logins are refused with a 503. */
  downFor?: number;
}

interface Other {
  age: number;
  life: Life;
  connectionId?: string;
  /** Reads a file instead of logging in: no login waits for it. */
  isStatement?: boolean;
}

interface Run {
  id: string;
  institutionId: string;
  connectionId: string;
  began: number;
  answered: number[];
  life: Life;
  isStatement: boolean;
}

const SECOND = 1000;
/** A connection that exists from the beginning. */
export const CONNECTION = "8fce3b";
const BANK = "AU00000";
const ROOT = "https://upstream.example";

const tokenForm = z.object({
  scope: z.enum(["SERVER_ACCESS", "CLIENT_ACCESS"]),
  userId: z.optional(z.string()),
});
const loginBody = z.object({ institution: z.optional(z.object({ id: z.string() })), password: z.string() });
const answerBody = z.object({ "mfa-response": z.array(z.string()) });

const refusal = (status: number, code: string): Reply => ({ status, code });

/** Answers over HTTP as the published reference and the recorded replies do, by the clock of the system under test. */
export async function startAggregator(plan: Upstream, clock: FakeClock) {
  const beganAt = clock.now().getTime();
  const passed = () => (clock.now().getTime() - beganAt) / SECOND;
  const runs: Run[] = [];
  const answers: string[][] = [];
  const taken = { logins: 0, posts: 0 };
  /** Calls that came although a pause had been asked for. */
  const impatient: string[] = [];
  const tokens = new Map<string, z.output<typeof tokenForm>>();
  const met = new Map<Meeting, number>();
  let underWay: { at: number; work(): void }[] = [];
  let quietUntil = 0;

  function begin(life: Life, institutionId: string, connectionId: string): Run {
    const began = clock.now().getTime();
    const id = `6172${runs.length}`;
    const run: Run = { id, institutionId, connectionId, began, answered: [], life, isStatement: false };
    runs.push(run);
    return run;
  }

  for (const { age, life, connectionId = "0a1b2c", isStatement = false } of plan.others ?? []) {
    const began = beganAt - age * SECOND;
    Object.assign(begin(life, BANK, connectionId), { began, isStatement });
  }

  function sceneOf({ life, answered, began }: Run): { scene: Scene; updated: number } {
    const timeline = life[Math.min(answered.length, life.length - 1)] ?? [];
    const base = answered.at(-1) ?? began;
    const now = clock.now().getTime();
    const [at, scene] = timeline.findLast(([second]) => base + second * SECOND <= now) ??
      timeline[0] ?? [0, []];
    return { scene, updated: base + at * SECOND };
  }

  function isOver(run: Run): boolean {
    const { scene } = sceneOf(run);
    if (scene === "unknown") return false;
    return (
      scene.some(({ status }) => status === "failed") || scene.every(({ status }) => status === "success")
    );
  }

  function linkFor({ connectionId, institutionId }: Run, title = ""): { [field: string]: unknown } {
    const what = title.replace("retrieve-", "");
    const path =
      title === "verify-credentials"
        ? `connections/${connectionId}`
        : `${what}?filter=institution.id.eq('${institutionId}')`;
    return { type: "link", url: `/users/${USER_ID}/${path}` };
  }

  const stub = ({ id }: Run) => ({ type: "job", id, links: { self: `${ROOT}/jobs/${id}` } });

  function render(run: Run, isListed = false): unknown {
    const { scene, updated } = sceneOf(run);
    if (scene === "unknown") return undefined;
    const shape = plan.shape ?? ((reply: JobReply) => reply);
    const source = `${ROOT}/users/${USER_ID}/connections/${run.connectionId}`;
    return shape({
      ...stub(run),
      created: timeOf(run.began),
      updated: timeOf(updated),
      ...(plan.version === "3.0" && { jobType: "connection" }),
      ...(isListed && { institution: { type: "institution", id: run.institutionId, links: { self: ROOT } } }),
      steps: scene.map(
        (step): ShownStep => ({
          ...step,
          result: step.result ?? (step.status === "success" ? linkFor(run, step.title) : null),
        }),
      ),
      links: { self: `${ROOT}/jobs/${run.id}`, ...(!run.isStatement && { source }) },
    });
  }

  /** Published: while a job is queued or in progress, the original job is named with 200, and nothing is taken. */
  function post(institutionId: string, connectionId: string): Reply {
    if (isDown()) return refusal(503, "service-unavailable");
    const busy = runs.find((run) => run.institutionId === institutionId && !isOver(run) && !run.isStatement);
    if (busy !== undefined) return { status: 200, body: stub(busy) };
    taken.logins += 1;
    const life = plan.lives[Math.min(taken.logins, plan.lives.length) - 1] ?? [];
    return { status: 202, body: stub(begin(life, institutionId, connectionId)) };
  }

  const isDown = () => passed() < (plan.downFor ?? 0);

  function newConnection(): string {
    const last = runs.at(-1)?.connectionId;
    return (plan.givesConnectionsAgain && last) || `c0ffee${runs.length}`;
  }

  function answer(run: Run | undefined, body: unknown): Reply {
    const given = answerBody.parse(body)["mfa-response"];
    const scene = run === undefined ? "unknown" : sceneOf(run).scene;
    if (run === undefined || scene === "unknown") return refusal(404, "resource-not-found");
    const asked = scene.find(({ status, result }) => status === "in-progress" && result?.["type"] === "mfa");
    const input: unknown = asked?.result?.["input"];
    if (!Array.isArray(input) || input.length !== given.length) return refusal(400, "parameter-not-valid");
    answers.push(given);
    run.answered.push(clock.now().getTime());
    return { status: 202, body: stub(run) };
  }

  function bank(): object {
    const status = isDown() ? "major-outage" : "operational";
    const links = { self: `${ROOT}/institutions/${BANK}` };
    return { type: "institution", id: BANK, authorization: "user", status, links, ...plan.institution };
  }

  function connection(id: string): object {
    const institution = { type: "institution", id: BANK, links: { self: ROOT } };
    return { type: "connection", id, status: "active", institution, links: { self: ROOT } };
  }

  function issue(request: IncomingMessage, body: string): Reply {
    const form = tokenForm.safeParse(Object.fromEntries(new URLSearchParams(body)));
    if (request.headers.authorization !== "Basic key" || !form.success)
      return refusal(404, "parameter-not-valid");
    const token = `a-token-of-the-aggregator-${tokens.size}`;
    tokens.set(token, form.data);
    return { status: 200, body: { access_token: token, expires_in: 3600, token_type: "Bearer" } };
  }

  /** Published: the scopes of each route. Looking at a job is for both. */
  function refusalOf(call: Call, request: IncomingMessage): Reply | undefined {
    const token = tokens.get((request.headers.authorization ?? "").replace("Bearer ", ""));
    if (token === undefined) return refusal(401, "invalid-authorization-token");
    const isOfUser = token.scope === "SERVER_ACCESS" || token.userId === USER_ID;
    const scope = call === "answer" ? (plan.answerScope ?? "CLIENT_ACCESS") : "SERVER_ACCESS";
    const isAllowed = isOfUser && (call === "look" || token.scope === scope);
    return isAllowed ? undefined : refusal(403, "forbidden-access");
  }

  function work(call: Call, id: string, body: string): Reply {
    const run = runs.find((each) => each.id === id);
    switch (call) {
      case "institution":
      case "connector": {
        const isOfVersion = (plan.version === "3.0") === (call === "connector");
        return isOfVersion && id === BANK
          ? { status: 200, body: bank() }
          : refusal(404, "resource-not-found");
      }
      case "connections":
        return { status: 200, body: { type: "list", data: [connection(CONNECTION)] } };
      case "connection":
        return { status: 200, body: connection(id) };
      case "create": {
        if (plan.version === "3.0") return refusal(403, "access-denied");
        const { institution } = loginBody.parse(JSON.parse(body));
        return institution === undefined
          ? refusal(400, "parameter-not-supplied")
          : post(institution.id, newConnection());
      }
      case "update":
        loginBody.parse(JSON.parse(body));
        return post(BANK, id);
      case "refresh":
        return post(BANK, id);
      case "list": {
        const listed = runs.filter(({ connectionId }) => id === "" || connectionId === id);
        const data = listed.map((each) => render(each, true)).filter((each) => each !== undefined);
        return { status: 200, body: { type: "list", size: data.length, data, links: { self: ROOT } } };
      }
      case "look": {
        const body = run && render(run);
        return body === undefined ? refusal(404, "resource-not-found") : { status: 200, body };
      }
      case "answer":
        return answer(run, JSON.parse(body));
      case "token":
        throw new Error("it has a route of its own");
    }
  }

  function faultOf(call: Call): Fault | undefined {
    for (const meeting of plan.meetings ?? []) {
      if (meeting.call !== call || passed() >= meeting.until) continue;
      const seen = met.get(meeting) ?? 0;
      met.set(meeting, seen + 1);
      if (seen >= meeting.after && seen < meeting.after + meeting.times) return meeting.fault;
    }
    return undefined;
  }

  function finishUnderWay(): void {
    const now = clock.now().getTime();
    for (const { work: finish } of underWay.filter(({ at }) => at <= now)) finish();
    underWay = underWay.filter(({ at }) => at > now);
  }

  /** `undefined` when the connection breaks instead. */
  function replyTo(request: IncomingMessage, body: string): Reply | undefined {
    const line = `${request.method} ${request.url}`;
    const [call, id] = routed(line);
    if (clock.now().getTime() < quietUntil) impatient.push(line);
    if (POSTS.includes(call)) taken.posts += 1;
    finishUnderWay();
    const fault = faultOf(call);
    if (fault === "cut") return undefined;
    if (typeof fault === "object")
      return fault.names === undefined ? fault : { ...fault, body: stubOf(fault.names) };
    const done = () =>
      call === "token" ? issue(request, body) : (refusalOf(call, request) ?? work(call, id, body));
    if (typeof fault === "number") {
      underWay.push({ at: clock.now().getTime() + fault * SECOND, work: done });
      return undefined;
    }
    const reply = done();
    return fault === "lost" ? undefined : reply;
  }

  function stubOf(number: number): unknown {
    const run = runs[number];
    return run && stub(run);
  }

  const server = createServer(async (request, response) => {
    const reply = replyTo(request, await text(request));
    if (reply === undefined) return void request.socket.destroy();
    const { status, code, body, retryAfter } = reply;
    const pauseSeconds = Number(retryAfter ?? 0);
    if (status === 429 && pauseSeconds > 2)
      quietUntil = clock.now().getTime() + Math.min(pauseSeconds, 300) * SECOND;
    const error = {
      type: "list",
      correlationId: "ac5ah5i",
      data: [{ type: "error", code, title: "Refused", detail: "No." }],
    };
    const shown = code === undefined ? body : error;
    response.writeHead(status, {
      "content-type": "application/json",
      ...(retryAfter && { "retry-after": retryAfter }),
    });
    response.end(typeof shown === "string" ? shown : JSON.stringify(shown));
  });
  const connectionIds = () => runs.map(({ connectionId }) => connectionId);
  return { ...(await listenLocally(server)), answers, taken, impatient, connectionIds };
}

function routed(line: string): [Call, string] {
  for (const [call, pattern] of Object.entries(ROUTES)) {
    const found = pattern.exec(line);
    if (found !== null) return [callSchema.parse(call), found[1] ?? ""];
  }
  throw new Error(`nothing like ${line} is published`);
}

const callSchema = z.custom<Call>((name) => typeof name === "string" && name in ROUTES);

/** As published: without fractions of a second. */
function timeOf(ms: number): string {
  return new Date(ms).toISOString().replace(/\.\d+Z$/, "Z");
}
