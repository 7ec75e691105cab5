import type { TokenClaims } from "../../functions/access/caller.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { answerChallenge } from "../../functions/jobs/use-cases/answer-challenge.ts";
import { cancelJob } from "../../functions/jobs/use-cases/cancel-job.ts";
import { acceptConnection } from "../../functions/jobs/use-cases/create-connection.ts";
import { refreshConnection } from "../../functions/jobs/use-cases/refresh-connection.ts";
import { resumeJob } from "../../functions/jobs/use-cases/resume-job.ts";
import { updateConnection } from "../../functions/jobs/use-cases/update-connection.ts";
import type { Request } from "./crash-world.ts";
import type { FakePorts } from "./fake-ports.ts";
import { gavin, USER_ID } from "./job-examples.ts";

const caller: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: USER_ID };
const atOnce = () => true;

/** What a user of the API asks for, in the stories of jobs. */
export function create(institutionId = "AU00000"): Request {
  return accepting((ports) => acceptConnection(ports, { userId: USER_ID, institutionId, login: gavin }));
}

export function update(connectionId: string): Request {
  return accepting((ports) => updateConnection(ports, { userId: USER_ID, connectionId, login: gavin }));
}

export function refresh(connectionId: string): Request {
  return accepting((ports) => refreshConnection(ports, { userId: USER_ID, connectionId }));
}

function accepting(accept: (ports: FakePorts) => Promise<{ job: Job }>): Request {
  return { when: atOnce, send: async (ports) => [(await accept(ports)).job.id] };
}

/** An answer as soon as the numbered challenge is shown. */
export function answer(text: string, number = 1): Request {
  const isAsked = (job: Job) => job.phase === "awaiting-answer" && job.challenge?.number === number;
  return about(isAsked, (ports, jobId) =>
    answerChallenge(ports, { jobId, caller, answers: [new Secret(text)] }),
  );
}

export function cancel(isTime: (job: Job) => boolean): Request {
  return about(isTime, (ports, jobId) => cancelJob(ports, { jobId, caller }));
}

export function resume(isTime: (job: Job) => boolean): Request {
  return about(isTime, (ports, jobId) => resumeJob(ports, { jobId, caller }));
}

/** A call about the first job that is as it is waited for. It is about the same one when it is made again. */
function about(
  isTime: (job: Job) => boolean,
  send: (ports: FakePorts, jobId: string) => Promise<Job>,
): Request {
  let jobId: string | undefined;
  return {
    when(rows) {
      jobId ??= rows.find(isTime)?.id;
      return jobId !== undefined;
    },
    async send(ports) {
      await send(ports, jobId ?? "").catch(unlessTooLate);
      return [];
    },
  };
}

/** A call that died may have been done: made again, it comes too late. */
function unlessTooLate(error: unknown): void {
  if (!(error instanceof Error && error.name === "Refusal")) throw error;
}
