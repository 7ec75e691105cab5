import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";

const token = z.object({ access_token: z.string() });
const stub = z.object({ id: z.string() });
const job = z.object({ steps: z.array(z.object({ status: z.string() })) });
const connections = z.object({ data: z.array(stub) });

const MAX_LOOKS = 500;

/** Makes a connection at upstream, as another program would, and gives its id. */
export async function connectElsewhere(sandboxUrl: string, userId: string): Promise<string> {
  const traded = await fetch(`${sandboxUrl}/token`, {
    method: "POST",
    headers: { authorization: "Basic key", "basiq-version": "3.0" },
    body: new URLSearchParams({ scope: "SERVER_ACCESS" }),
  });
  const authorization = `Bearer ${token.parse(await traded.json()).access_token}`;
  const headers = { authorization, "content-type": "application/json" };
  const read = async (path: string) => (await fetch(`${sandboxUrl}${path}`, { headers })).json();

  const body = JSON.stringify({ ...LOGINS.gavin, institution: { id: HOOLI } });
  const posted = await fetch(`${sandboxUrl}/users/${userId}/connections`, { method: "POST", headers, body });
  const { id } = stub.parse(await posted.json());
  for (let looks = 0; looks < MAX_LOOKS; looks++) {
    const { steps } = job.parse(await read(`/jobs/${id}`));
    if (steps.every(({ status }) => status === "success")) break;
    await sleep(20);
  }
  return connections.parse(await read(`/users/${userId}/connections`)).data[0]?.id ?? "";
}
