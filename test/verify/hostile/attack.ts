import { errorReply } from "../../../functions/http/reply-schemas.ts";
import { API_KEY } from "../../journeys/start-for-tests.ts";
import { type HostileRequest, hostileRequest } from "./hostile-requests.ts";
import type { hostileSystem, Reply } from "./hostile-system.ts";
import type { Random } from "./random.ts";
import type { RouteName, ValidRequest } from "./valid-requests.ts";

/** More would take a connection's claim from each other so often that they are told to come again. */
const AT_ONCE = 4;
/** So that what hangs ends: a busy machine may pause for long, and the suite of sockets sees to the time of a reply. */
export const HANGS_AFTER_MS = 120_000;
/** The others lack a password, which is seen once all else was found good: a job takes a hundred times as long. */
const SHARE_OF_WHOLE_LOGINS = 0.02;
const SHARE_OF_NEW_USERS = 0.05;
const UUID = /[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}/g;

export interface Attack {
  /** How many replies had each status. */
  statuses: Map<number, number>;
  /** What accepted requests were told the ids of. */
  ids: Set<string>;
  /** What went wrong, each with the request that can be sent again. */
  failures: string[];
}

/** The requests of a run: the same ones for the same seed, as far as replies do not depend on each other. */
export function* hostileRequests(
  system: ReturnType<typeof hostileSystem>,
  random: Random,
  { count, mark, shares }: { count: number; mark: string; shares: { [route in RouteName]: number } },
): Generator<HostileRequest> {
  const weighed = (all: ValidRequest[]) =>
    all.flatMap((valid) => Array.from({ length: shares[valid.route] }, () => valid));
  const ofKnown = weighed(system.valid());
  for (let number = 0; number < count; number++) {
    const isNew = random.chance(SHARE_OF_NEW_USERS);
    const wanted = isNew ? weighed(system.valid(`user-${mark}-${number}`)) : ofKnown;
    const valid = whole(random.pick(wanted), random.chance(SHARE_OF_WHOLE_LOGINS));
    const token = valid.route === "issue-token" ? API_KEY : system.token();
    yield hostileRequest(random, `${mark}N${number}x`, valid, token);
  }
}

function whole(valid: ValidRequest, isWhole: boolean): ValidRequest {
  const { body } = valid;
  if (isWhole || typeof body !== "object" || !("password" in body)) return valid;
  return { ...valid, body: { ...body, password: "" } };
}

/** Sends them all, some at once, and judges every reply. One that hangs is the last. */
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
      if (reply.statusCode < 400) for (const [id] of reply.body.matchAll(UUID)) found.ids.add(id);
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

/** Stands for a token in what is kept of a failure. */
export const TOKEN = "{{token}}";

function wrongWith(
  { statusCode, headers, body }: Reply,
  { method, mark }: HostileRequest,
): string | undefined {
  if (statusCode >= 500) return `It was answered by ${statusCode}`;
  if (statusCode < 400) return undefined;
  if (method !== "HEAD" && !errorReply.safeParse(JSON.parse(body)).success)
    return `It was answered in another shape: ${body}`;
  const said = `${JSON.stringify(headers)}${body}`.toLowerCase();
  return said.includes(mark.toLowerCase()) ? `It was told back: ${body}` : undefined;
}
