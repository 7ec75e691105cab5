import { expect } from "vitest";
import * as z from "zod";
import { stubReply, tokenReply } from "../../../functions/http/reply-schemas.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import type { MobileBackend } from "../../journeys/mobile-backend.ts";

const connections = z.object({ data: z.array(z.object({ id: z.string(), status: z.string() })) });

/** Makes a connection at the aggregator, which no job of ours knows. */
export async function madeElsewhere(backend: MobileBackend, institutionId: string): Promise<string> {
  const { sandboxUrl } = backend.target;
  const traded = await fetch(`${sandboxUrl}/token`, {
    method: "POST",
    headers: { authorization: "Basic any", "basiq-version": "2.1" },
  });
  const { access_token } = tokenReply.parse(await traded.json());
  const url = `${sandboxUrl}/users/${backend.userId}/connections`;
  const headers = { authorization: `Bearer ${access_token}`, "content-type": "application/json" };
  const body = JSON.stringify({ ...LOGINS.jared, institution: { id: institutionId } });
  stubReply.parse(await (await fetch(url, { method: "POST", headers, body })).json());
  const listed = async () => connections.parse(await (await fetch(url, { headers })).json()).data;
  if (institutionId === HOOLI) {
    await expect.poll(async () => (await listed()).at(-1)?.status).toBe("active");
  }
  return (await listed()).at(-1)?.id ?? "";
}
