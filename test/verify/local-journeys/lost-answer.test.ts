import { expect, test } from "vitest";
import { succeeded } from "../../journeys/calls.ts";
import { LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";

/**
 * The bank waits for 24 s, and an answer that never arrived is sent again after 12 to 15 s. On the emulator, which is slower,
 * the answer would come too late.
 */
const system = localSystem(5);

test("an answer is sent again if it never arrived", async () => {
  const backend = new MobileBackend(targetOf(system()));
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await backend.faults([{ method: "POST", path: "/jobs/*/mfa", times: 1, do: { reset: "before" } }]);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  await succeeded(backend, jobId);
  expect(await backend.answersSent()).toBe(2);
});
