import { expect, vi } from "vitest";
import * as z from "zod";
import type { LocalMode } from "./local-mode.ts";

const step = z.object({ title: z.string(), status: z.string(), result: z.unknown() });
const job = z.object({ id: z.string(), steps: z.array(step) });
const stub = z.object({ id: z.string() });
const token = z.object({ access_token: z.string() });
const ledger = z.object({ calls: z.array(z.object({ method: z.string(), path: z.string() })) });

export type Job = z.infer<typeof job>;
export type Login = Readonly<Record<"loginId" | "password", string>>;

/** Published test users of the sandbox, with passwords that stand in no other text. */
export const WHISTLER = { loginId: "Whistler", password: "ShowBox", answers: ["Basiq", "AU00000"] };
export const GAVIN = { loginId: "gavinBelson", password: "hooli2016", answers: ["Hooli"] };
export const PLAIN_BANK = "AU00000";
export const MFA_BANK = "AU00002";

/** Far longer than any job takes in these tests. */
const PATIENCE = { interval: 25, timeout: 120_000 };

export function tokenRequest(apiUrl: string, apiKey: string): Promise<Response> {
  return fetch(`${apiUrl}/token`, {
    method: "POST",
    headers: { authorization: `Basic ${apiKey}`, "basiq-version": "3.0" },
    body: new URLSearchParams({ scope: "SERVER_ACCESS" }),
  });
}

/** A mobile backend that talks to local mode. */
export async function backendOf({ apiUrl, apiKey = "" }: Pick<LocalMode, "apiUrl" | "apiKey">) {
  const issued = await tokenRequest(apiUrl, apiKey);
  const authorization = `Bearer ${token.parse(await issued.json()).access_token}`;
  const headers = { authorization, "content-type": "application/json" };
  const post = (path: string, body: object) =>
    fetch(`${apiUrl}${path}`, { method: "POST", headers, body: JSON.stringify(body) });
  const read = async (jobId: string) =>
    job.parse(await (await fetch(`${apiUrl}/jobs/${jobId}`, { headers })).json());

  return {
    read,
    async connect(userId: string, institutionId: string, { loginId, password }: Login): Promise<string> {
      const reply = await post(`/users/${userId}/connections`, {
        loginId,
        password,
        institution: { id: institutionId },
      });
      expect(reply.status).toBe(202);
      return stub.parse(await reply.json()).id;
    },
    async answer(jobId: string, answers: readonly string[]): Promise<number> {
      return (await post(`/jobs/${jobId}/mfa`, { "mfa-response": answers })).status;
    },
    /** The job, once its first step has begun. */
    begins: (jobId: string): Promise<Job> =>
      vi.waitFor(async () => {
        const found = await read(jobId);
        expect(found.steps[0]?.status).not.toBe("pending");
        return found;
      }, PATIENCE),
    /** The job, once the step has the status. */
    async reaches(jobId: string, title: string, status: string): Promise<Job> {
      const look = async () => {
        const found = await read(jobId);
        expect(statusOf(found, title)).toBe(status);
        return found;
      };
      return vi.waitFor(look, PATIENCE);
    },
  };
}

function statusOf({ steps }: Job, title: string): string | undefined {
  return steps.find((each) => each.title === title)?.status;
}

export function statusesOf({ steps }: Job): string[] {
  return steps.map(({ status }) => status);
}

/** How many logins of a user the sandbox received. */
export async function loginsSeen(sandboxUrl: string | undefined, userId: string): Promise<number> {
  const { calls } = ledger.parse(await (await fetch(`${sandboxUrl}/_control/ledger`)).json());
  return calls.filter(({ method, path }) => method === "POST" && path === `/users/${userId}/connections`)
    .length;
}
