import * as z from "zod/mini";
import type { Outcome, Params, Situation } from "./call.ts";
import { isUnavailable } from "./institution-condition.ts";
import { institutionById } from "./institutions.ts";
import { isWaitingInQueue } from "./job-timeline.ts";
import { readList, readObject } from "./json-body.ts";
import { notFound, notValid } from "./refusal.ts";
import { jsonReply, noContent } from "./reply.ts";
import { type Condition, faultSchema, institutionStatus, outageMode, transactionCount } from "./state.ts";
import { emptyState } from "./stored-state.ts";
import { isUserId } from "./user-id.ts";
import { withEntry } from "./users.ts";
import { wholeNumberFrom } from "./whole-number.ts";

const conditionBody = z.object({ status: institutionStatus, outage: z.optional(outageMode) });

/** Sets the status of an institution. Its queued jobs start when the new status is no outage. */
export function setInstitution(situation: Situation, { institutionId }: Params): Outcome {
  const { state, call, now } = situation;
  if (institutionById(institutionId) === undefined) return { refusal: notFound("institution") };
  const body = readObject(call);
  if ("refusal" in body) return body;
  const parsed = conditionBody.safeParse(body.value);
  if (!parsed.success) return { refusal: invalid(parsed.error) };
  const { status, outage = "refuse" } = parsed.data;
  const condition: Condition = { status, outage };
  const isBack = !isUnavailable(status);
  const jobs = [...state.jobs.values()].map((job) =>
    isBack && job.institutionId === institutionId && isWaitingInQueue(job, now)
      ? { ...job, startedAt: now }
      : job,
  );
  return {
    reply: jsonReply(200, { id: institutionId, ...condition }),
    change: {
      conditions: new Map([...state.conditions, [institutionId, condition]]),
      jobs: new Map(jobs.map((job) => [job.id, job])),
    },
  };
}

const volumeBody = z.object({ transactions: transactionCount });

/** Sets how many transactions the connections of a user have at least. */
export function setTransactions({ state, call }: Situation, { userId }: Params): Outcome {
  if (!isUserId(userId)) return { refusal: notFound("user") };
  const body = readObject(call);
  if ("refusal" in body) return body;
  const parsed = volumeBody.safeParse(body.value);
  if (!parsed.success) return { refusal: invalid(parsed.error) };
  const user = state.users.get(userId) ?? { id: userId, fields: {} };
  const { transactions } = parsed.data;
  return {
    reply: jsonReply(200, { id: userId, transactions }),
    change: { users: withEntry(state.users, { ...user, transactions }) },
  };
}

export function setFaults({ call }: Situation): Outcome {
  const body = readList(call);
  if ("refusal" in body) return body;
  const parsed = z.array(faultSchema).safeParse(body.value);
  if (!parsed.success) return { refusal: invalid(parsed.error) };
  return { reply: jsonReply(200, { faults: parsed.data }), change: { faults: parsed.data } };
}

const consentUiBody = z.strictObject({
  returnUrl: z.optional(z.string().check(z.refine(isWebAddress))),
  policy: z.optional(wholeNumberFrom(1)),
});

/** Sets where the Consent UI sends browsers back to, and the version of the consent policy. Fields that the body lacks stay as they are. */
export function setConsentUi({ state, call }: Situation): Outcome {
  const body = readObject(call);
  if ("refusal" in body) return body;
  const parsed = consentUiBody.safeParse(body.value);
  if (!parsed.success) return { refusal: invalid(parsed.error) };
  const { returnUrl, policy = state.consentUi.policy } = parsed.data;
  const consentUi = { ...state.consentUi, ...(returnUrl !== undefined && { returnUrl }), policy };
  return { reply: jsonReply(200, consentUi), change: { consentUi } };
}

function isWebAddress(text: string): boolean {
  return URL.canParse(text) && /^https?:$/.test(new URL(text).protocol);
}

export function readLedger({ state }: Situation): Outcome {
  return { reply: jsonReply(200, { calls: state.ledger }) };
}

/** Resets the state except tokens and webhooks, so that their clients do not need to know about the reset. */
export function resetEverything({ state }: Situation): Outcome {
  return { reply: noContent, change: { ...emptyState, tokens: state.tokens, webhooks: state.webhooks } };
}

function invalid(error: z.core.$ZodError) {
  const path = error.issues[0]?.path.join("/") ?? "";
  return notValid("Control request is not valid.", path === "" ? "body" : path);
}
