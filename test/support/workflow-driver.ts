import { Secret } from "../../functions/domain/secret.ts";
import { answerChallenge } from "../../functions/use-cases/answer-challenge.ts";
import { askForAnswer } from "../../functions/use-cases/ask-for-answer.ts";
import { followJob } from "../../functions/use-cases/follow-job.ts";
import { giveUp } from "../../functions/use-cases/give-up.ts";
import { openAndFollow } from "../../functions/use-cases/open-and-follow.ts";
import { sendAndFollow } from "../../functions/use-cases/send-and-follow.ts";
import { Crash } from "./crashing-ports.ts";
import type { FakePorts } from "./fake-ports.ts";
import { JOB_ID, USER_ID } from "./job-examples.ts";

const PAUSE_MS = 5_000;
const TWO_HOURS_MS = 7_200_000;
const PASSING: readonly string[] = ["UpstreamUnavailable", "JobChanged", "Crash"];
/** Far more than the workflow makes: here it is the ends that count, not the pace. */
const MAX_TRIES = 1_000;

/** Who answers the challenges: the texts to post, each once; posted again when the request died. */
export type User = (string | undefined)[];

/** Goes through the states as the workflow does, and repeats what died or may pass. */
export async function driveJob(ports: FakePorts, user: User = []): Promise<void> {
  const input = { jobId: JOB_ID };
  const retried = <Result>(task: () => Promise<Result>) => repeat(ports, task);
  let tokens = 0;
  try {
    let followed = await retried(() => openAndFollow(ports, input));
    for (let states = 0; followed.next !== "done"; states++) {
      if (states > 200) throw new Error("the workflow does not end");
      if (followed.next === "wait") {
        ports.clock.pass(followed.waitSeconds * 1000);
        followed = await retried(() => followJob(ports, input));
      } else if (followed.next === "hold") {
        ports.clock.pass(TWO_HOURS_MS);
        followed = await retried(() => openAndFollow(ports, input));
      } else {
        const token = () => new Secret(`token-${++tokens}`);
        await retried(() => askForAnswer(ports, { ...input, taskToken: token() }));
        await answerOrLeave(ports, user, `token-${tokens}`);
        if (!isWoken(ports, `token-${tokens}`)) ports.clock.pass(followed.timeoutSeconds * 1000);
        followed = await retried(() => sendAndFollow(ports, input));
      }
    }
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    await retried(() => giveUp(ports, { ...input, failure: error.name }));
  }
}

/** The waker's calls so far decide: a workflow is woken by the token that it waits with. */
function isWoken(ports: FakePorts, token: string): boolean {
  return ports.waker.woken.some((wake) => wake.token === token);
}

async function answerOrLeave(ports: FakePorts, user: User, token: string): Promise<void> {
  if (isWoken(ports, token)) return;
  const text = user.shift();
  if (text === undefined) return;
  const caller = { scope: "CLIENT_ACCESS", version: "3.0", userId: USER_ID } as const;
  const answers = [new Secret(text)];
  await repeat(ports, () => answerChallenge(ports, { jobId: JOB_ID, caller, answers }));
}

async function repeat<Result>(ports: FakePorts, task: () => Promise<Result>): Promise<Result> {
  for (let tries = 1; ; tries++) {
    try {
      return await task();
    } catch (error) {
      const name = error instanceof Error ? error.name : "";
      const isQueued = name === "InstitutionUnavailable";
      if (!isQueued && !PASSING.includes(name)) throw error;
      if (!isQueued && !(error instanceof Crash) && tries > MAX_TRIES) throw error;
      ports.clock.pass(isQueued ? TWO_HOURS_MS : PAUSE_MS);
    }
  }
}
