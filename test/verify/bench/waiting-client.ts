import { randomUUID } from "node:crypto";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { jobReply } from "../../../functions/http/reply-schemas.ts";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { challengeIn, isOver } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";

/** How a client learns of changes: it asks every 2 s, waits for each of them, or waits while the job is running. */
export const WAYS = ["asks", "waits", "waits while running"] as const;
export type Way = (typeof WAYS)[number];

type Steps = z.infer<typeof jobReply>["steps"];

/** What one client did for one job with a challenge, and what it saw. */
export interface Followed {
  way: Way;
  jobId: string;
  /** From the connection to the end, without the token. */
  requests: number;
  /** Requests for changes that waited. */
  waited: number;
  /** Requests for changes that had to wait and were answered at once, since no slot was free. */
  fallbacks: number;
  /** Whether the job succeeded. */
  isDone: boolean;
  /** Each new state, with the time at which its reply arrived, in milliseconds since 1970. */
  seen: { at: number; state: string }[];
}

/** A stub; or the whole job, if the request had to be repeated. */
const made = z.looseObject({ id: z.string() });

const ASK_EVERY_MS = 2_000;
/** After an error of the API or of the connection, which counts as a request too. */
const AGAIN_AFTER_MS = 1_000;

/** Connects a bank that asks, answers, and follows the job to its end, by plain requests. Time runs `timeScale` times as fast. */
export async function followByItself(
  { apiUrl }: Target,
  { token, way, timeScale }: { token: string; way: Way; timeScale: number },
): Promise<Followed> {
  const followed: Followed = {
    way,
    jobId: "",
    requests: 0,
    waited: 0,
    fallbacks: 0,
    isDone: false,
    seen: [],
  };
  let etag = "";

  const pause = (ms: number) => sleep(ms / timeScale);

  async function request(
    method: string,
    path: string,
    body?: object,
  ): Promise<{ response: Response; text: string }> {
    followed.requests++;
    const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
    const response = await fetch(`${apiUrl}${path}`, {
      method,
      headers: { ...headers, ...(method === "GET" && etag !== "" && { "if-none-match": etag }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    }).catch(() => undefined);
    if (response === undefined || response.status >= 500) {
      await pause(AGAIN_AFTER_MS);
      return request(method, path, body);
    }
    const text = await response.text();
    if (response.status >= 400) throw new Error(`${method} ${path}: ${response.status} ${text}`);
    etag = response.headers.get("etag") ?? etag;
    return { response, text };
  }

  function see(text: string): Steps {
    const { steps } = jobReply.parse(JSON.parse(text));
    followed.seen.push({ at: Date.now(), state: stateOf(steps) });
    return steps;
  }

  /** Reads the job in this client's way. Returns its steps if they are new. */
  async function read(): Promise<Steps | undefined> {
    const { jobId: id } = followed;
    const path = {
      asks: `/jobs/${id}`,
      waits: `/jobs/${id}/changes`,
      "waits while running": `/jobs/${id}/changes?while=running`,
    };
    const { response, text } = await request("GET", path[way]);
    const retryAfter = Number(response.headers.get("retry-after") ?? 0);
    if (way !== "asks") followed[retryAfter > 0 ? "fallbacks" : "waited"]++;
    const steps = response.status === 304 ? undefined : see(text);
    const isPaused = steps === undefined || !(isOver(steps) || challengeIn(steps));
    const pauseMs = way === "asks" ? ASK_EVERY_MS : retryAfter * 1000;
    if (isPaused && pauseMs > 0) await pause(pauseMs);
    return steps;
  }

  const login = { ...LOGINS.jared, institution: { id: PIED_PIPER } };
  const { text } = await request("POST", `/users/${randomUUID()}/connections`, login);
  followed.jobId = made.parse(JSON.parse(text)).id;
  if (way === "asks") await pause(ASK_EVERY_MS);
  for (let over = false, answered = false; !over; ) {
    let steps = await read();
    if (steps === undefined) continue;
    if (!answered && challengeIn(steps) !== undefined) {
      const reply = await request("POST", `/jobs/${followed.jobId}/mfa`, { "mfa-response": ["1234"] });
      answered = true;
      steps = see(reply.text);
    }
    over = isOver(steps);
    followed.isDone = steps.every(({ status }) => status === "success");
  }
  return followed;
}

/** Names what a client sees of a job: the status of each step, and whether the job asks. */
export function stateOf(
  steps: readonly { status: string; result: unknown }[],
  isAsking = challengeIn(steps as Steps) !== undefined,
): string {
  return `${steps.map(({ status }) => status).join(" ")}${isAsking ? " asks" : ""}`;
}
