import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { refreshAll } from "./calls.ts";
import { countMore, expectLimited, withAnotherKey } from "./many-requests.ts";
import { type HttpReply, MobileBackend } from "./mobile-backend.ts";
import { localSystem } from "./start-for-tests.ts";
import { targetOf } from "./target.ts";

/** A window takes 3 s: what is counted more has to be found in it, or it is done once more in the next one. */
const TIME_SCALE = 100;
const system = localSystem(TIME_SCALE);
const MAX_TRIES = 20;

/** Sends until the limit is reached, which it is at once but for the end of a window. */
async function limited(rate: string, send: () => Promise<HttpReply>): Promise<HttpReply> {
  const { apiUrl } = targetOf(system());
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    await send();
    const isCounted = await countMore({ apiUrl }, rate, 1_500, TIME_SCALE).then(
      () => true,
      () => false,
    );
    const reply = await send();
    if (isCounted && reply.status === 429) return reply;
  }
  throw new Error("Never limited.");
}

test("after the time that the refusal names, a user's requests are taken again", async () => {
  const backend = new MobileBackend(targetOf(system()));
  const send = () => refreshAll(backend);
  const seconds = expectLimited(await limited(`user#${backend.userId}`, send));
  // As somebody outside sees them: 5 minutes of local mode are 3 of these.
  expect(seconds).toBeLessThanOrEqual(3);
  await sleep(seconds * 1_000);
  expect((await send()).status).toBe(202);
});

test("and those of an API key", async () => {
  const { backend, keyId } = await withAnotherKey(targetOf(system()));
  const send = () => backend.trade({ scope: "SERVER_ACCESS" });
  const seconds = expectLimited(await limited(`token#${keyId}`, send));
  expect(seconds).toBeLessThanOrEqual(3);
  await sleep(seconds * 1_000);
  expect((await send()).status).toBe(200);
});
