import { errorReply } from "../../../functions/http/reply-schemas.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { hashOf } from "../../../functions/links/domain/hashes.ts";
import { isPage } from "../../../functions/routes.ts";
import { API_KEY } from "../../journeys/start-for-tests.ts";
import { type HostileRequest, hostileRequest } from "./hostile-requests.ts";
import type { hostileSystem, Reply } from "./hostile-system.ts";
import { Random } from "./odd-bodies.ts";
import type { RouteName, ValidRequest } from "./valid-requests.ts";

/** A new one for each run, unless the environment has the seed of a failed run. */
export const SEED = Number(process.env["HOSTILE_SEED"] ?? Math.floor(Math.random() * 2 ** 32));

/** More would compete for a connection's claim so often that most are refused. */
const AT_ONCE = 4;
/** Only ends a request that hangs. */
export const HANGS_AFTER_MS = 120_000;
/** The others lack a password, which is found last: a job takes a hundred times as long as a refusal. */
const SHARE_OF_WHOLE_LOGINS = 0.02;
const SHARE_OF_NEW_USERS = 0.05;
const LINK = /\/c\/([\w-]+)"/g;
/** What the local gateway replies if it finds no route, and so does not know whether a person or a program asks. */
const NO_ROUTE =
  /"(The request is not valid HTTP|Request headers are too large|Requested route does not exist)\."/;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

/** Stands for a token in a stored failure. */
export const TOKEN = "{{token}}";

export interface Attack {
  /** How many replies had each status. */
  statuses: Map<number, number>;
  /** The ids in replies to accepted requests, and the hashes of links. */
  ids: Set<string>;
  /** What went wrong, each with the request, which can be sent again. */
  failures: string[];
}

const SHARE_OF_A_PASSED_ROUTE = 1;

/** How often each route is chosen. Routes that make jobs or call upstream take the most time. */
const SHARES: { [route in RouteName]?: number } = {
  "create-connection": 24,
  "answer-mfa": 24,
  "update-connection": 6,
  "issue-token": 4,
  "refresh-connection": 1,
  "refresh-connections": 1,
  "list-jobs": 8,
  "adopt-jobs": 4,
  "create-statement": 2,
  "get-job": 4,
  "job-changes": 4,
  "cancel-job": 4,
  "resume-job": 4,
  "list-events": 6,
  "get-event": 2,
  "list-event-types": 1,
  "get-event-type": 2,
  "create-webhook": 2,
  "update-webhook": 2,
  // One of twenty requests is of a new user, and only those are erased.
  "erase-user": 20,
  "delete-connection": 2,
  "receive-notification": 4,
  "create-auth-link": 4,
  "open-link": 2,
  "press-link": 2,
  "consent-return": 2,
  "connect-banks": 1,
  "connect-login-form": 1,
  "connect-login": 2,
  "connect-job": 1,
  "connect-changes": 1,
  "connect-answer": 2,
  "connect-cancel": 1,
  "connect-resume": 1,
  "institution-health": 4,
  health: 4,
  openapi: 2,
  refuse: 10,
};

const random = new Random(SEED);

/** The requests of a run: the same ones for the same seed, except for what depends on replies. */
export function* hostileRequests(
  system: ReturnType<typeof hostileSystem>,
  { count, mark }: { count: number; mark: string },
): Generator<HostileRequest> {
  const weighed = (all: ValidRequest[]) =>
    all.flatMap((valid) =>
      Array.from({ length: SHARES[valid.route] ?? SHARE_OF_A_PASSED_ROUTE }, () => valid),
    );
  const ofKnown = weighed(system.valid());
  for (let number = 0; number < count; number++) {
    const isNew = random.chance(SHARE_OF_NEW_USERS);
    const wanted = isNew ? weighed(system.validOfNew(`user-${mark}-${number}`, random)) : ofKnown;
    const picked = random.pick(wanted);
    const valid = random.chance(SHARE_OF_WHOLE_LOGINS) ? picked : withoutPassword(picked);
    const token = valid.route === "issue-token" ? API_KEY : system.token();
    yield hostileRequest(random, `${mark}N${number}x`, valid, token);
  }
}

function withoutPassword(valid: ValidRequest): ValidRequest {
  const { body } = valid;
  if (typeof body !== "object" || !("password" in body)) return valid;
  return { ...valid, body: { ...body, password: "" } };
}

/** Sends all requests, some at once, and judges every reply. After one that hangs, no other is sent. */
export async function attack(
  { token, send }: { token: string; send(request: HostileRequest): Promise<Reply> },
  requests: Iterator<HostileRequest>,
): Promise<Attack> {
  const found: Attack = { statuses: new Map(), ids: new Set(), failures: [] };
  let hasHung = false;

  async function sendOne(request: HostileRequest): Promise<void> {
    const { promise: hung, reject } = Promise.withResolvers<never>();
    const hanging = setTimeout(() => {
      hasHung = true;
      reject(new Error("It hangs"));
    }, HANGS_AFTER_MS);
    try {
      const reply = await Promise.race([send(request), hung]);
      found.statuses.set(reply.statusCode, (found.statuses.get(reply.statusCode) ?? 0) + 1);
      if (reply.statusCode < 400) {
        for (const [id] of reply.body.matchAll(UUID)) found.ids.add(id);
        for (const [, id = ""] of reply.body.matchAll(LINK)) found.ids.add(hashOf(new Secret(id)));
      }
      const wrong = wrongWith(reply, request);
      if (wrong !== undefined) throw new Error(wrong);
    } catch (error) {
      found.failures.push(`${error}: ${JSON.stringify(request).replaceAll(token, TOKEN)}`);
    } finally {
      clearTimeout(hanging);
    }
  }

  async function work(): Promise<void> {
    for (let next = requests.next(); !next.done && !hasHung; next = requests.next())
      await sendOne(next.value);
  }
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  return found;
}

function wrongWith(
  { statusCode, headers, body }: Reply,
  { method, mark, route }: HostileRequest,
): string | undefined {
  if (statusCode >= 500) return `The reply is a ${statusCode}`;
  if (statusCode < 400) return undefined;
  const isPageExpected = isPage(route) && !NO_ROUTE.test(body);
  const hasShape = () => (isPageExpected ? body.startsWith("<!doctype html>") : isError(body));
  if (method !== "HEAD" && !hasShape()) return `The error has another shape: ${body}`;
  const whole = `${JSON.stringify(headers)}${body}`.toLowerCase();
  return whole.includes(mark.toLowerCase()) ? `The reply repeats the input: ${body}` : undefined;
}

function isError(body: string): boolean {
  return errorReply.safeParse(JSON.parse(body)).success;
}

/** The least share of each status: a third of the usual one. If all requests were refused early, most would be missing. */
const LEAST: { [status: number]: number } = {
  200: 0.03,
  202: 0.001,
  400: 0.15,
  404: 0.1,
  409: 0.02,
  413: 0.003,
  415: 0.005,
};
const MOST_UNAUTHORIZED = 0.2;

/** Their shares depend on the rate limit's windows: in a fast run, the last requests get a 429 instead. */
export const LIMITED: readonly number[] = [202, 409];

/** What shows that requests were refused too early, by the statuses of their replies, except those in `but`. */
export function wrongWithReach(
  statuses: ReadonlyMap<number, number>,
  sent: number,
  but: readonly number[] = [],
): string[] {
  const count = (status: number) => statuses.get(status) ?? 0;
  const answered = [...statuses.values()].reduce((sum, count) => sum + count, 0);
  const few = Object.entries(LEAST)
    .map(([status, least]) => ({ status: Number(status), least }))
    .filter(({ status, least }) => !but.includes(status) && count(status) / sent < least);
  return [
    ...(answered === sent ? [] : [`${answered} of ${sent} were answered`]),
    ...few.map(({ status }) => `too few ${status}: ${count(status)} of ${sent}`),
    ...(count(401) / sent > MOST_UNAUTHORIZED ? [`too many 401: ${count(401)} of ${sent}`] : []),
  ];
}
