import { randomBytes } from "node:crypto";
import { createServer, type ServerResponse } from "node:http";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { listenLocally } from "../../../infra/local/local-server.ts";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { isOver, MobileBackend, type StepReply } from "../../journeys/mobile-backend.ts";
import { startForTests } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { isNightly, partOf } from "../support/nightly.ts";
import { SEED } from "./attack.ts";
import { storedRows, watchedOutput } from "./watched-process.ts";
import { DID_NOTHING, WRONG_REPLIES, type Wrong, wrongFields } from "./wrong-replies.ts";

/** The calls of upstream that can be answered wrongly. */
const STAGES = ["login", "look", "answer", "list"] as const;
type Stage = (typeof STAGES)[number];

interface Plan {
  stage: Stage;
  wrong: Wrong;
}

const MARK = `Mk${randomBytes(6).toString("hex")}`;
/** A challenge of 15 minutes is open for 9 s. */
const TIME_SCALE = 100;
const AT_ONCE = 24;
/** Each stage tries every fifth kind. The suite of replies tries every kind at each call. */
const EVERY = 5;
const LONGEST_TEXT = 2_000;
/** An empty list, or a list of other jobs, proves that the login never arrived: it is sent again. */
const DENIES_THE_LOGIN =
  /^field (1: an empty list|2: nothing|7: (a text|another's id|__proto__|there twice))$/;

/** After such a reply, we send nothing to upstream for half a minute. Its jobs run last, one after the other. */
const PAUSES_ALL = /^a 429 to retry after "(1e9|999999999|0x7fffffff)"$/;

/** How many fields the good replies of a stage have. */
const PLACES: { [stage in Stage]: number } = { login: 2, look: 28, answer: 2, list: 32 };

const allPlans = STAGES.flatMap((stage, offset) => {
  const fields = wrongFields(Array.from({ length: PLACES[stage] }, () => 0));
  return [...WRONG_REPLIES, ...fields].flatMap((wrong, index): [userId: string, plan: Plan][] =>
    index % EVERY === offset ? [[`u${index}-${stage}`, { stage, wrong }]] : [],
  );
});
/** Without `NIGHTLY=1`, a tenth of them. */
const PARTS = isNightly ? 1 : 10;
const plans = new Map(partOf(allPlans, { parts: PARTS, seed: String(SEED), nameOf: ([userId]) => userId }));

const link = { type: "link", url: "/users/u/connections/c" };
const challenge = { type: "mfa", method: "token", description: "A code", input: ["Code"], expiryMs: 900_000 };
const step = (title: string, status: string, result: object | null = null) => ({ title, status, result });

function jobOf(id: string, isAnswered: boolean): object {
  const status = isAnswered ? "success" : "pending";
  return {
    type: "job",
    id,
    updated: isAnswered ? "2026-01-05T09:00:02Z" : "2026-01-05T09:00:01Z",
    institution: { id: "AU00002" },
    steps: [
      step("verify-credentials", "success", link),
      isAnswered ? step("mfa-challenge", "success", link) : step("mfa-challenge", "in-progress", challenge),
      step("retrieve-accounts", status),
      step("retrieve-transactions", status),
    ],
  };
}

const CALLS: readonly [stage: Stage, line: RegExp][] = [
  ["login", /^POST \/users\/([\w-]+)\/connections$/],
  ["list", /^GET \/users\/([\w-]+)\/jobs/],
  ["look", /^GET \/jobs\/([\w-]+)$/],
  ["answer", /^POST \/jobs\/([\w-]+)\/mfa$/],
];

/**
 * An upstream that asks every user for a code. It does all that it is asked for. Each user has one call whose reply is wrong; the
 * job of a user has the user's id.
 */
async function hostileUpstream() {
  const received = new Map<string, { [stage in Stage]: number }>();
  const receivedOf = (user: string) => {
    const counts = received.get(user) ?? { login: 0, look: 0, answer: 0, list: 0 };
    received.set(user, counts);
    return counts;
  };

  function goodReply(stage: Stage, user: string): object {
    const { login, answer } = receivedOf(user);
    if (stage === "look") return jobOf(user, answer > 0);
    if (stage === "list") return { type: "list", data: login > 0 ? [jobOf(user, answer > 0)] : [] };
    return { type: "job", id: user };
  }

  function answer(line: string, response: ServerResponse): void {
    const reply = (body: object) => void response.end(JSON.stringify(body));
    if (line === "POST /token") reply({ access_token: "token", expires_in: 3600 });
    if (line.startsWith("GET /institutions/"))
      reply({ id: "AU00002", authorization: "user-mfa", status: "operational" });
    if (response.writableEnded) return;
    const [found] = CALLS.flatMap(([stage, of]) => {
      const user = of.exec(line)?.[1];
      return user === undefined ? [] : [{ stage, user }];
    });
    if (found === undefined) return void response.writeHead(404).end("{}");
    const { stage, user } = found;
    const plan = plans.get(user);
    const wrong = plan?.stage === stage ? plan.wrong : undefined;
    const good = goodReply(stage, user);
    // A 200 would name a job that was there before.
    if (stage === "login" || stage === "answer") response.statusCode = 202;
    if (wrong === undefined || !DID_NOTHING.test(wrong.name)) receivedOf(user)[stage] += 1;
    // The list is read only when the reply to the login was lost.
    if (plan?.stage === "list" && stage === "login") response.socket?.resetAndDestroy();
    else if (wrong === undefined) reply(good);
    else wrong.play(response, good, MARK);
  }

  const server = createServer((request, response) => {
    text(request).then(
      () => answer(`${request.method} ${request.url}`, response),
      () => response.destroy(),
    );
  });
  return { ...(await listenLocally(server)), receivedOf };
}

let system: LocalSystem;
let upstream: Awaited<ReturnType<typeof hostileUpstream>>;
let output: ReturnType<typeof watchedOutput>;
beforeAll(async () => {
  upstream = await hostileUpstream();
  system = await startForTests(TIME_SCALE, { upstreamUrl: upstream.url });
  process.env["FOLLOW_LIMIT_MINUTES"] = "2";
  process.env["LOG_LEVEL"] = "debug";
  output = watchedOutput(MARK);
});
afterAll(async () => {
  output.end();
  await system.close();
  await upstream.close();
});

/** The pause after the job before may not be over. */
const UNTIL_PAUSE_ENDS = { interval: 500, timeout: 600_000 };

const outcomes = new Map<string, number>();

/** Runs a job to its end, with an answer as soon as it asks. Returns what is wrong with it. */
async function live(token: string, userId: string, { stage, wrong }: Plan): Promise<string[]> {
  const backend = new MobileBackend(targetOf(system), userId, token);
  const start = () => backend.startJob(PIED_PIPER, LOGINS.jared);
  const jobId = await (PAUSES_ALL.test(wrong.name) ? vi.waitFor(start, UNTIL_PAUSE_ENDS) : start());
  const rests = (steps: StepReply[]) => isOver(steps) || steps.some(isAsking) || isQueued(steps);
  const { steps: shown } = await backend.until(jobId, rests);
  // Every attempt of a queued job gets the same wrong reply, for a week.
  if (isQueued(shown)) await backend.call("DELETE", `/jobs/${jobId}`);
  else if (!isOver(shown)) await backend.answer(jobId, ["1234"]);
  const { steps } = await backend.untilOver(jobId);
  const failed = steps.find(({ status }) => status === "failed");
  const { code, title, detail } = { code: "", title: "", detail: "", ...failed?.result };
  const outcome = failed === undefined ? "success" : code.includes(MARK) ? "a code of upstream's" : code;
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const { login, answer, look, list } = upstream.receivedOf(userId);
  const found = [
    login > 1 && !(stage === "list" && DENIES_THE_LOGIN.test(wrong.name)) && `${login} logins`,
    answer > 1 && `${answer} answers`,
    look + list > 1_000 && `${look + list} polls`,
    code === "internal-server-error" && "the error is ours",
    failed !== undefined && (code === "" || title === "" || detail === "") && "its error is not whole",
    code.length + title.length + detail.length > 3 * LONGEST_TEXT && "its error is too long",
  ];
  return found.filter((each) => typeof each === "string").map((each) => `${stage}, ${wrong.name}: ${each}`);
}

function isAsking({ title, status, result }: StepReply): boolean {
  return title === "mfa-challenge" && status === "in-progress" && result !== null;
}

function isQueued([first]: StepReply[]): boolean {
  return first?.status === "pending" && first.result !== null;
}

test("a job with a wrong reply of the aggregator ends well or in a clear error, with one login and no echo", async () => {
  const token = await new MobileBackend(targetOf(system)).token();
  const { true: pausing = [], false: others = [] } = Object.groupBy(plans, ([, { wrong }]) =>
    PAUSES_ALL.test(wrong.name) ? "true" : "false",
  );
  const wrongs: string[] = [];
  const work = async (left: Iterator<[userId: string, plan: Plan]>) => {
    for (let next = left.next(); !next.done; next = left.next()) {
      const [userId, plan] = next.value;
      const found = await live(token, userId, plan).catch((error: unknown) => [
        `${plan.stage}, ${plan.wrong.name}: ${error}`,
      ]);
      wrongs.push(...found);
    }
  };
  const left = others.values();
  await Promise.all(Array.from({ length: AT_ONCE }, () => work(left)));
  await work(pausing.values());
  output.end();
  process.stdout.write(
    `HOSTILE_SEED=${SEED}: ${plans.size} of ${allPlans.length} jobs with a wrong upstream: ${JSON.stringify(Object.fromEntries(outcomes))}\n`,
  );
  expect(wrongs).toEqual([]);
  expect(output.marked).toEqual([]);
});

test("no job leaves a secret", async () => {
  await expect.poll(async () => (await storedRows()).secrets.map(({ jobId }) => jobId)).toEqual([]);
});
