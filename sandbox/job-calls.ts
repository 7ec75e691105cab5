import * as z from "zod/mini";
import type { Outcome, Params, Situation } from "./call.ts";
import { challenges, isRightAnswer } from "./challenges.ts";
import { readFilter } from "./filter.ts";
import { jobReply, jobStub } from "./job-reply.ts";
import { timelineOf } from "./job-timeline.ts";
import { readObject } from "./json-body.ts";
import { institutionLink, linksFor } from "./links.ts";
import { challengeNotActive, challengeOver, notFound, notValid } from "./refusal.ts";
import { jsonReply } from "./reply.ts";
import type { Job } from "./state.ts";
import { challengeExpired } from "./step-errors.ts";

export function getJob({ state, now, setting }: Situation, { jobId }: Params): Outcome {
  const job = state.jobs.get(jobId);
  if (job === undefined) return { refusal: notFound("job") };
  return { reply: jsonReply(200, jobReply(job, now, setting.baseUrl)) };
}

const jobProperties = {
  "connection.id": { conditions: ["eq"] as const, read: (job: Job) => job.connectionId },
};

/** Lists a user's jobs, newest first. */
export function listJobs(situation: Situation, { userId }: Params): Outcome {
  const { state, call, now, setting } = situation;
  const filter = readFilter(call.query.get("filter"), jobProperties);
  if ("refusal" in filter) return filter;
  const data = [...state.jobs.values()]
    .filter((job) => job.userId === userId && filter.matches(job))
    .reverse()
    .map((job) => ({
      ...jobReply(job, now, setting.baseUrl),
      institution: institutionLink(job.institutionId, linksFor(situation)),
    }));
  const links = { self: `${setting.baseUrl}/users/${userId}/jobs` };
  return { reply: jsonReply(200, { type: "list", size: data.length, data, links }) };
}

const someText = z.string().check(z.refine((text) => text !== ""));
const answerBody = z.object({
  "mfa-response": z.array(someText).check(z.refine(({ length }) => length > 0)),
});

export function answerChallenge(situation: Situation, { jobId }: Params): Outcome {
  const job = situation.state.jobs.get(jobId);
  if (job === undefined) return { refusal: notFound("job") };
  const body = readObject(situation.call);
  if ("refusal" in body) return body;
  const parsed = answerBody.safeParse(body.value);
  if (!parsed.success) return { refusal: notValid("MFA response must be a list of texts.", "mfa-response") };
  return takeAnswers(situation, job, parsed.data["mfa-response"]);
}

/**
 * Stores the answer to an open challenge. Only the first answer counts: a repeated answer gets the same reply and changes
 * nothing.
 */
export function takeAnswers(
  { state, now, setting }: Situation,
  job: Job,
  answers: readonly string[],
): Outcome {
  const { mfa } = timelineOf(job, now);
  if (mfa !== undefined && "error" in mfa && mfa.error.code === challengeExpired.code) {
    return { refusal: challengeOver };
  }
  if (mfa?.status !== "in-progress" || job.mfa.kind !== "asked") return { refusal: challengeNotActive };
  if (answers.length !== challenges[job.mfa.challenge].input.length) {
    return { refusal: notValid("MFA response must answer every input.", "mfa-response") };
  }
  const reply = jsonReply(202, jobStub(job.id, setting.baseUrl));
  if (job.answer !== null) return { reply };
  const answered: Job = { ...job, answer: { at: now, isRight: isRightAnswer(job.mfa.challenge, answers) } };
  return { reply, change: { jobs: new Map([...state.jobs, [job.id, answered]]) } };
}
