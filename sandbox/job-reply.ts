import { challenges } from "./challenges.ts";
import { challengeMs, type StepState, timelineOf } from "./job-timeline.ts";
import type { Job } from "./state.ts";
import { timestamp } from "./timestamp.ts";

export function jobStub(jobId: string, baseUrl: string) {
  return { type: "job", id: jobId, links: { self: `${baseUrl}/jobs/${jobId}` } };
}

export function jobReply(job: Job, now: number, baseUrl: string) {
  const { verify, mfa, accounts, transactions, updatedAt } = timelineOf(job, now);
  const source = `/users/${job.userId}/connections/${job.connectionId}`;
  const data = (kind: string) =>
    `/users/${job.userId}/${kind}?filter=institution.id.eq('${job.institutionId}')`;
  return {
    type: "job",
    id: job.id,
    created: timestamp(job.createdAt),
    updated: timestamp(updatedAt),
    jobType: "connection",
    steps: [
      step("verify-credentials", verify, link(source)),
      ...(mfa === undefined ? [] : [step("mfa-challenge", mfa, challengeOf(job, baseUrl))]),
      step("retrieve-accounts", accounts, link(data("accounts"))),
      step("retrieve-transactions", transactions, link(data("transactions"))),
    ],
    links: {
      self: `${baseUrl}/jobs/${job.id}`,
      ...(verify.status === "success" && !job.isStatement ? { source: `${baseUrl}${source}` } : {}),
    },
  };
}

type StepTexts = { readonly whenDone: object | null; readonly whenAsking: object | null };

function step(title: string, state: StepState, texts: StepTexts) {
  return { title, status: state.status, result: resultOf(state, texts) };
}

function resultOf(state: StepState, { whenDone, whenAsking }: StepTexts): object | null {
  if ("error" in state) return state.error;
  if ("asks" in state) return whenAsking;
  return state.status === "success" ? whenDone : null;
}

function link(url: string): StepTexts {
  return { whenDone: { type: "link", url }, whenAsking: null };
}

function challengeOf(job: Job, baseUrl: string): StepTexts {
  if (job.mfa.kind !== "asked") return { whenDone: null, whenAsking: null };
  const { method, description, input } = challenges[job.mfa.challenge];
  const links = { response: `${baseUrl}/jobs/${job.id}/mfa` };
  return {
    whenDone: null,
    whenAsking: { type: "mfa", method, description, input, expiryMs: challengeMs, links },
  };
}
