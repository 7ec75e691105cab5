import { randomBytes } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { LocalSystem } from "../../../infra/local/start-local.ts";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { isOver, MobileBackend, type StepReply } from "../../journeys/mobile-backend.ts";
import { startForTests } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { hostileUpstream, type Plan, STAGES, type Stage } from "./hostile-upstream.ts";
import { storedRows } from "./stored-rows.ts";
import { watchedOutput } from "./watched-output.ts";
import { wrongFields } from "./wrong-fields.ts";
import { WRONG_REPLIES } from "./wrong-replies.ts";

const MARK = `Mk${randomBytes(6).toString("hex")}`;
/** A challenge of 15 minutes lasts 9 s, and a minute one. */
const TIME_SCALE = 100;
const AT_ONCE = 24;
/** A stage takes every fifth kind: all of them are tried at each call by themselves. */
const EVERY = 5;
const LONGEST_TEXT = 2_000;
/** Who gets an empty list from upstream, or one of jobs of somebody else's, has to believe that the login never came. */
const DENIES_THE_LOGIN =
  /^field (1: an empty list|2: nothing|7: (a text|another's id|__proto__|there twice))$/;

/** How many places the good replies of a stage have. */
const PLACES: { [stage in Stage]: number } = { login: 2, look: 28, answer: 2, list: 32 };

const plans = new Map<string, Plan>();
for (const [offset, stage] of STAGES.entries()) {
  const fields = wrongFields(Array.from({ length: PLACES[stage] }, () => 0));
  for (const [index, wrong] of [...WRONG_REPLIES, ...fields].entries()) {
    if (index % EVERY === offset) plans.set(`u${index}-${stage}`, { stage, wrong });
  }
}

let system: LocalSystem;
let upstream: Awaited<ReturnType<typeof hostileUpstream>>;
let output: ReturnType<typeof watchedOutput>;
beforeAll(async () => {
  upstream = await hostileUpstream(plans, MARK);
  system = await startForTests(TIME_SCALE, { upstreamUrl: upstream.url });
  // Of 15 minutes of looks, the first two say it all.
  process.env["FOLLOW_LIMIT_MINUTES"] = "2";
  process.env["LOG_LEVEL"] = "debug";
  output = watchedOutput(MARK);
}, 60_000);
afterAll(async () => {
  output.end();
  await system.close();
  await upstream.close();
});

const outcomes = new Map<string, number>();

/** A job from its login to its end, answered as soon as it asks. Gives what is wrong with it. */
async function live(token: string, userId: string, { stage, wrong }: Plan): Promise<string[]> {
  const backend = new MobileBackend(targetOf(system), userId, token);
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  const asksOrIsOver = (steps: StepReply[]) => isOver(steps) || steps.some(isAsking);
  const { steps: shown } = await backend.until(jobId, asksOrIsOver);
  if (!isOver(shown)) await backend.answer(jobId, ["1234"]);
  const { steps } = await backend.untilOver(jobId);
  const failed = steps.find(({ status }) => status === "failed");
  const { code, title, detail } = { code: "", title: "", detail: "", ...failed?.result };
  const outcome = failed === undefined ? "success" : code.includes(MARK) ? "a code of upstream's" : code;
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
  const { logins, answers, looks } = upstream.receivedOf(userId);
  const found = [
    logins > 1 && !(stage === "list" && DENIES_THE_LOGIN.test(wrong.name)) && `${logins} logins`,
    answers > 1 && `${answers} answers`,
    looks > 1_000 && `${looks} looks`,
    code === "internal-server-error" && "the error is ours",
    failed !== undefined && (code === "" || title === "" || detail === "") && "its error is not whole",
    code.length + title.length + detail.length > 3 * LONGEST_TEXT && "its error is too long",
  ];
  return found.filter((each) => typeof each === "string").map((each) => `${stage}, ${wrong.name}: ${each}`);
}

function isAsking({ title, status, result }: StepReply): boolean {
  return title === "mfa-challenge" && status === "in-progress" && result !== null;
}

test("a job whose upstream answers wrongly ends in a clear error or well, with one login, and tells nothing", async () => {
  const token = await new MobileBackend(targetOf(system)).token();
  const left = plans.entries();
  const wrongs: string[] = [];
  const work = async () => {
    for (let next = left.next(); !next.done; next = left.next()) {
      const [userId, plan] = next.value;
      const found = await live(token, userId, plan).catch((error: unknown) => [
        `${plan.stage}, ${plan.wrong.name}: ${error}`,
      ]);
      wrongs.push(...found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, work));
  output.end();
  process.stdout.write(
    `${plans.size} jobs with a wrong upstream: ${JSON.stringify(Object.fromEntries(outcomes))}\n`,
  );
  expect(wrongs).toEqual([]);
  expect(output.marked).toEqual([]);
}, 300_000);

test("none of them keeps a secret", async () => {
  const secrets = async () => (await storedRows()).secrets.map(({ jobId }) => jobId);
  await expect.poll(secrets, { timeout: 20_000, interval: 500 }).toEqual([]);
}, 30_000);
