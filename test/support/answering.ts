import type { TokenClaims } from "../../functions/access/caller.ts";
import { unpackAnswers } from "../../functions/jobs/domain/challenge.ts";
import type { Phase } from "../../functions/jobs/domain/job.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { answerTo, Secret, taskTokenOf } from "../../functions/jobs/domain/secret.ts";
import type { StepStatus } from "../../functions/jobs/domain/steps.ts";
import { answerChallenge } from "../../functions/jobs/use-cases/answer-challenge.ts";
import { fakePorts } from "./fake-ports.ts";
import { awaitingJob, challengeOf, JOB_ID, stepsOf, USER_ID, WITH_MFA } from "./job-examples.ts";

export const caller: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: USER_ID };

/** A job that waits for an answer, or the one that is given, and what posts answers to it. */
export async function waitingJob(job = awaitingJob()) {
  const ports = fakePorts();
  const sealed = await ports.sealer.seal(taskTokenOf(job), new Secret("task-token"));
  ports.jobs.put({ ...job, sealedTaskToken: Buffer.from(sealed).toString("base64") });
  const answer = (texts: readonly string[], by = caller) =>
    answerChallenge(ports, { jobId: JOB_ID, caller: by, answers: texts.map((text) => new Secret(text)) });
  return {
    ports,
    answer,
    row: () => ports.jobs.row(JOB_ID),
    kept: async () => {
      const packed = await ports.vault.reveal(answerTo(job, { number: 1 }));
      return packed && unpackAnswers(packed).map((text) => text.reveal());
    },
    refusal: async (texts: readonly string[] = ["1234"], by = caller) => {
      const error: unknown = await answer(texts, by).catch((reason: unknown) => reason);
      return error instanceof Refusal ? error.problems[0].reason : error;
    },
  };
}

const answered = challengeOf({ isAnswered: true, expiresAt: "2026-01-05T09:02:00.000Z" });
/** A job of a phase whose challenge step is of a status. */
export const jobAt = (phase: Phase, status: StepStatus, challenge = answered) =>
  awaitingJob({
    phase,
    challenge,
    steps: stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": status }),
  });
