import { jobListReply } from "../../../functions/http/reply-schemas.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { isAsked, isOver, type PatientClient } from "./patient-client.ts";

/** How the steps of a job end well. */
export const PLAIN = [
  "verify-credentials success",
  "retrieve-accounts success",
  "retrieve-transactions success",
];
/** The last two of a job that has ended before. */
export const PENDING = ["retrieve-accounts pending", "retrieve-transactions pending"];
export const ASKED = ["verify-credentials success", "mfa-challenge success", ...PLAIN.slice(1)];

export function create(client: PatientClient, id: string, login: Record<string, string>): Promise<string> {
  return client.begin("", { ...login, institution: { id } });
}

export const createPlain = (client: PatientClient) => create(client, HOOLI, LOGINS.gavin);
export const createAsked = (client: PatientClient) => create(client, PIED_PIPER, LOGINS.jared);

export async function untilOver(client: PatientClient): Promise<void> {
  for (const jobId of client.acknowledged) await client.until(jobId, isOver);
}

export async function untilAsked(client: PatientClient): Promise<boolean> {
  return isAsked(await client.until(client.newest(), (steps) => isAsked(steps) || isOver(steps)));
}

export async function answer(client: PatientClient, answers = ["1234"]): Promise<void> {
  if (!(await untilAsked(client))) return;
  await client.send("POST", `/jobs/${client.newest()}/mfa`, { "mfa-response": answers });
}

/** Connects, with nothing to disturb it. */
export async function connect(client: PatientClient, id = HOOLI): Promise<void> {
  await create(client, id, LOGINS.gavin);
  await untilOver(client);
}

/** The connection that was made first. */
export function connectionOf({ seen }: PatientClient): string {
  const source = seen.find(({ links }) => links.source !== undefined)?.links.source;
  return source?.split("/").at(-1) ?? "";
}

/** Learns of jobs from the list, as somebody who was told of none. */
export async function learn(client: PatientClient): Promise<void> {
  for (;;) {
    const { data } = jobListReply.parse((await client.send("GET", `/users/${client.userId}/jobs`)).json);
    for (const { id } of data) client.acknowledged.add(id);
    if (data.length > 0) return;
    await client.pause();
  }
}
