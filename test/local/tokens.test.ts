import { once } from "node:events";
import { type IncomingMessage, request } from "node:http";
import { text } from "node:stream/consumers";
import { beforeAll, expect, test } from "vitest";
import { errorReply, tokenReply } from "../../functions/http/reply-schemas.ts";
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

test("two Authorization headers are none, as they are to API Gateway, even if both are of one good token", async () => {
  const bearer = `Bearer ${await backend().token()}`;
  const { host } = new URL(reached().apiUrl);
  const ask = async (authorizations: string[]) => {
    const headers = ["host", host, ...authorizations.flatMap((each) => ["authorization", each])];
    const asked = request(`${reached().apiUrl}/users/${backend().userId}/jobs`, { headers }).end();
    const answered: Promise<[IncomingMessage]> = once(asked, "response").then(([reply]) => [reply]);
    const [reply] = await answered;
    return [reply.statusCode, errorReply.safeParse(JSON.parse(await text(reply))).data?.data[0]?.code];
  };
  expect(await ask([bearer])).toEqual([200, undefined]);
  for (const two of [
    [bearer, bearer],
    [bearer, "Bearer x"],
    ["Bearer x", bearer],
    ["", bearer],
  ]) {
    expect(await ask(two)).toEqual([401, "invalid-authorization-token"]);
  }
});
