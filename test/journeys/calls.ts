import type * as z from "zod";
import { jobListReply, jobReply, stubListReply, stubReply } from "../../functions/http/reply-schemas.ts";
import { type HttpReply, type MobileBackend, stepOf } from "./mobile-backend.ts";

/*
 * The requests of a backend beside new connections. Each returns the reply as it came.
 */

export function connectionPath({ userId }: MobileBackend, connectionId: string): string {
  return `/users/${userId}/connections/${connectionId}`;
}

export function refresh(backend: MobileBackend, connectionId: string): Promise<HttpReply> {
  return backend.call("POST", `${connectionPath(backend, connectionId)}/refresh`);
}

export function refreshAll(backend: MobileBackend): Promise<HttpReply> {
  return backend.call("POST", connectionPath(backend, "refresh"));
}

export function update(backend: MobileBackend, connectionId: string, login: object): Promise<HttpReply> {
  return backend.call("POST", connectionPath(backend, connectionId), login);
}

export function list(backend: MobileBackend, query: Record<string, string> = {}): Promise<HttpReply> {
  return backend.call("GET", `/users/${backend.userId}/jobs?${new URLSearchParams(query)}`);
}

export function resume(backend: MobileBackend, jobId: string): Promise<HttpReply> {
  return backend.call("POST", `/jobs/${jobId}/resume`);
}

export function cancel(backend: MobileBackend, jobId: string): Promise<HttpReply> {
  return backend.call("DELETE", `/jobs/${jobId}`);
}

/** Posts an answer again until the bank has decided on it, and returns the reply to that. On a slow machine, the first reply may come earlier. */
export async function decided(
  backend: MobileBackend,
  jobId: string,
  answers: readonly string[],
): Promise<HttpReply> {
  const reply = await backend.answer(jobId, answers);
  const { steps = [] } = jobReply.safeParse(reply.json).data ?? {};
  return stepOf(steps, "mfa-challenge")?.status === "in-progress" ? decided(backend, jobId, answers) : reply;
}

/** The id of the job that a request began. */
export function begun({ status, json }: HttpReply): string {
  if (status !== 202) throw new Error(`Expected 202, got ${status}: ${JSON.stringify(json)}`);
  return stubReply.parse(json).id;
}

/** The ids of the jobs that a request for several began or found. */
export function allBegun({ status, json }: HttpReply): string[] {
  if (status !== 202) throw new Error(`Expected 202, got ${status}: ${JSON.stringify(json)}`);
  return stubListReply.parse(json).data.map(({ id }) => id);
}

export function page({ status, json }: HttpReply): z.infer<typeof jobListReply> {
  if (status !== 200) throw new Error(`Expected 200, got ${status}: ${JSON.stringify(json)}`);
  return jobListReply.parse(json);
}

/** The id of the user's newest job, for requests whose reply does not name it. */
export async function newestJob(backend: MobileBackend): Promise<string> {
  const [newest] = page(await list(backend, { limit: "1" })).data;
  if (newest === undefined) throw new Error("The user has no job.");
  return newest.id;
}

/** Waits until the job is over, and throws unless it succeeded. */
export async function succeeded(backend: MobileBackend, jobId: string) {
  const job = await backend.untilOver(jobId);
  if (job.steps.some(({ status }) => status === "failed")) {
    throw new Error(`The job failed: ${JSON.stringify(job.steps)}`);
  }
  return job;
}

/** Waits until the job has succeeded, and returns the id of its connection. */
export async function connectionOf(backend: MobileBackend, jobId: string): Promise<string> {
  const { links } = await succeeded(backend, jobId);
  const id = links.source?.split("/").at(-1);
  if (id === undefined) throw new Error("The job names no connection.");
  return id;
}

/** Makes a connection of the user, and answers the bank's questions with `answers`. */
export async function connected(
  backend: MobileBackend,
  institutionId: string,
  login: Record<string, string>,
  answers?: string[],
): Promise<string> {
  const jobId = await backend.startJob(institutionId, login);
  if (answers !== undefined) {
    await backend.untilAsked(jobId);
    await backend.answer(jobId, answers);
  }
  return connectionOf(backend, jobId);
}
