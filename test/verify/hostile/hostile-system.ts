import { afterAll, beforeAll } from "vitest";
import * as z from "zod";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import { connectionOf } from "../../journeys/calls.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { startForTests } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { HANGS_AFTER_MS } from "./attack.ts";
import type { HostileRequest } from "./hostile-requests.ts";
import { overHttp } from "./over-http.ts";
import { quickUpstream } from "./quick-upstream.ts";
import { exchange, repliesIn } from "./raw-exchange.ts";
import { type Known, type ValidRequest, validRequests } from "./valid-requests.ts";

const entryModule = z.object({
  handler: z.custom<(event: unknown) => Promise<unknown>>((value) => typeof value === "function"),
});
const result = z.object({ statusCode: z.int(), headers: z.record(z.string(), z.string()), body: z.string() });

export type Reply = z.infer<typeof result>;

/** A challenge of 15 minutes lasts longer than any run. */
const TIME_SCALE = 4;

/** A user may post only so often. */
const USERS = 12;

/** Local mode with an upstream that answers at once, a job that is done, and one that waits for an answer. */
export function hostileSystem() {
  let system: LocalSystem | undefined;
  let upstream: Awaited<ReturnType<typeof quickUpstream>> | undefined;
  let token = "";
  const knowns: Known[] = [];
  const handlers = new Map<string, z.infer<typeof entryModule>["handler"]>();

  beforeAll(async () => {
    upstream = await quickUpstream();
    system = await startForTests(TIME_SCALE, { upstreamUrl: upstream.url });
    for (const { entry } of system.deployed.functions) {
      const loaded: unknown = await import(new URL(`../../../${entry}`, import.meta.url).href);
      handlers.set(entry.replace(/^.*\/|\.lambda\.ts$/g, ""), entryModule.parse(loaded).handler);
    }
    token = await new MobileBackend(targetOf(system)).token();
    for (let user = 0; user < USERS; user++) knowns.push(...(await knownOf(system, token)));
  }, 60_000);
  afterAll(async () => {
    await system?.close();
    await upstream?.close();
  });

  return {
    token: () => token,
    /** The jobs that were there before. */
    knownIds: () => knowns.map(({ jobId }) => jobId),
    /** Valid requests of one user, most of whose logins lack a field. */
    valid: (userId?: string): ValidRequest[] =>
      knowns.flatMap((known) => validRequests({ ...known, ...(userId !== undefined && { userId }) })),
    /** Into the function, as API Gateway would. */
    async send(request: HostileRequest): Promise<Reply> {
      const handler = handlers.get(request.route) ?? unstarted();
      return result.parse(await handler(eventOf(request, request.mark.length % 2 === 0)));
    },
    /** Over the network, through the gateway of local mode. */
    async sendOverHttp(request: HostileRequest): Promise<Reply> {
      const { text } = await exchange(system?.apiUrl ?? "", overHttp(request), HANGS_AFTER_MS);
      const [first] = repliesIn(text, { toHead: request.method === "HEAD" });
      if (first === undefined) throw new Error("There was no reply.");
      return { statusCode: first.status, headers: { all: first.headers }, body: first.body };
    },
  };
}

/** A job of a new user that is done, and one that waits for an answer. */
async function knownOf(system: LocalSystem, token: string): Promise<Known[]> {
  const backend = new MobileBackend(targetOf(system), undefined, token);
  const { userId } = backend;
  const done = await backend.startJob(HOOLI, LOGINS.gavin);
  const connectionId = await connectionOf(backend, done);
  const asking = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(asking);
  return [
    { userId, connectionId, jobId: done, institutionId: HOOLI },
    { userId, connectionId, jobId: asking, institutionId: PIED_PIPER },
  ];
}

function unstarted(): never {
  throw new Error("Local mode has not started.");
}

/** Payload format 2.0. What cannot be a text of UTF-8 is always in base64. */
function eventOf(
  { method, path, parameters, query, headers, body }: HostileRequest,
  inBase64: boolean,
): object {
  const bytes = Buffer.from(body ?? "", "base64");
  const isText = !inBase64 && Buffer.from(bytes.toString()).equals(bytes);
  return {
    version: "2.0",
    rawPath: path,
    rawQueryString: query,
    headers,
    pathParameters: parameters,
    requestContext: { http: { method } },
    ...(body !== undefined && { body: isText ? bytes.toString() : body, isBase64Encoded: !isText }),
  };
}
