import { KMSClient } from "@aws-sdk/client-kms";
import { afterEach, beforeAll, expect, test, vi } from "vitest";
import { kmsTokenIssuer } from "../../functions/adapters/kms-token-issuer.ts";
import { tokenReply } from "../../functions/wire/api-replies.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../journeys/logins.ts";
import { MobileBackend, statuses } from "../journeys/mobile-backend.ts";
import { posting, refusal, VALID } from "../journeys/posting.ts";
import { target } from "../journeys/target.ts";

const reached = target();
// The functions read this when they are first called: after the start, and before the first token.
beforeAll(() => {
  process.env["ALLOW_UNBOUND_CLIENT_TOKENS"] = "true";
});
const { backend, post } = posting(reached);
afterEach(() => void vi.useRealTimers());

const HOUR_MS = 3600 * 1000;

test("a token that has expired is refused, whatever it asks for", async () => {
  vi.useFakeTimers({ toFake: ["Date"], now: Date.now() - HOUR_MS - 1_000 });
  const issuer = kmsTokenIssuer(new KMSClient({}), process.env["SIGNING_KEY_ID"] ?? "");
  const { accessToken } = await issuer.issue({ scope: "SERVER_ACCESS", version: "3.0" });
  vi.useRealTimers();

  const token = accessToken.reveal();
  expect(refusal(await post(VALID, { token }))).toEqual([403, "access-denied", [undefined]]);
  const read = await backend().send("GET", "/jobs/any", { headers: { authorization: `Bearer ${token}` } });
  expect(refusal(read)).toEqual([403, "access-denied", [undefined]]);
});

test("a client token that names no user may read and answer jobs, and make none", async () => {
  const traded = await backend().trade({ scope: "CLIENT_ACCESS" });
  const token = tokenReply.parse(traded.json).access_token;
  expect(refusal(await post(VALID, { token }))).toEqual([403, "forbidden-access", [undefined]]);

  const user = new MobileBackend(reached());
  const jobId = await user.startJob(PIED_PIPER, LOGINS.jared);
  await user.untilAsked(jobId);
  const headers = { authorization: `Bearer ${token}` };
  expect((await user.send("GET", `/jobs/${jobId}`, { headers })).status).toBe(200);
  const body = JSON.stringify({ "mfa-response": ["1234"] });
  expect((await user.send("POST", `/jobs/${jobId}/mfa`, { headers, body })).status).toBe(202);
  expect(statuses((await user.untilOver(jobId)).steps)).toContain("mfa-challenge: success");
});

test("a token of a user makes, reads and answers jobs of that user", async () => {
  const token = await backend().token({ scope: "CLIENT_ACCESS", userId: backend().userId });
  const body = JSON.stringify({ ...LOGINS.gavin, institution: { id: HOOLI } });
  expect((await post(body, { token })).status).toBe(202);
});
