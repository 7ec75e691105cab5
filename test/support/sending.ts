import { packAnswers } from "../../functions/jobs/domain/challenge.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { answerTo, Secret } from "../../functions/jobs/domain/secret.ts";
import { sendAnswer } from "../../functions/jobs/use-cases/send-answer.ts";
import { fakePorts } from "./fake-ports.ts";
import {
  awaitingJob,
  challengeOf,
  JOB_ID,
  lookOf,
  question,
  UPSTREAM_JOB_ID,
  USER_ID,
  WITH_MFA,
} from "./job-examples.ts";

const asking = lookOf(
  { ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" },
  { challenge: { ...question, input: ["OTP Password"] } },
);
const deciding = lookOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" });

const expiresAt = "2026-01-05T09:02:00.000Z";
/** A job whose answer was taken. */
export const answeredJob = (changes: Partial<Job> = {}) =>
  awaitingJob({
    phase: "answered",
    sealedTaskToken: "c2VhbGVk",
    challenge: challengeOf({ isAnswered: true, expiresAt }),
    ...changes,
  });

/** A job, the answer to its challenge where one was kept, and what sends it. */
export async function jobToSend(job: Job, options: { isKept: boolean } = { isKept: true }) {
  const ports = fakePorts();
  ports.jobs.put(job);
  ports.upstream.script.looks.push(asking);
  ports.upstream.script.looksAfterAnswer.push([deciding]);
  ports.upstream.addJob(USER_ID, "AU00002", UPSTREAM_JOB_ID);
  const ref = answerTo(job, { number: 1 });
  const packed = packAnswers([new Secret("1234")]);
  if (options.isKept) await ports.vault.keep(ref, packed, ports.clock.after(3600_000));
  return { ports, send: () => sendAnswer(ports, { jobId: JOB_ID }), row: () => ports.jobs.row(JOB_ID) };
}
