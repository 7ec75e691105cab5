import { expect, test } from "vitest";
import { jobReply } from "../../../functions/http/reply-schemas.ts";
import { HOOLI, HOOLI_GOV, LOGINS, RAVIGA, TOKEN_BANK } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { GIVEN_UP, untilQueued } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { executionOf } from "../support/execution-of.ts";
import { transitionsOf } from "./definition.ts";

/** Seven days are 30 s, and the extra day for which a login is stored is 4 s. */
const system = localSystem(20_000);

/** Times on the wire are whole seconds, and two hours are less than one. */
const SOON_MS = 2_000;

const LOGIN = {
  ...LOGINS.gavin,
  userToken: "token:PTln18RhwL",
  securityCode: "4321",
  secondaryLoginId: "second",
};
const ENDED = [
  { title: "verify-credentials", status: "failed", result: GIVEN_UP },
  { title: "retrieve-accounts", status: "pending", result: null },
  { title: "retrieve-transactions", status: "pending", result: null },
];

/** Starts a job and waits until the queue gives up after seven days. */
async function week(institutionId: string, login: Record<string, string>) {
  const backend = new MobileBackend(targetOf(system()));
  const jobId = await backend.startJob(institutionId, login);
  const { queued } = await untilQueued(backend, jobId);
  const again = await untilQueued(backend, jobId, ({ attempt }) => attempt > 1);
  const duplicate = await backend.connect(institutionId, login);
  expect([duplicate.status, jobReply.parse(duplicate.json).id]).toEqual([200, jobId]);
  expect(again.queued.expiresAt).toBe(queued.expiresAt);

  const job = await backend.untilOver(jobId);
  expect(job.steps).toEqual(ENDED);
  expect(job.links).toEqual({ self: `${backend.target.apiUrl}/jobs/${jobId}` });
  expect(Date.parse(job.updated)).toBeGreaterThanOrEqual(Date.parse(queued.expiresAt) - SOON_MS);
  const logins = await backend.loginsSent();
  // Its claim is free.
  expect((await backend.connect(institutionId, login)).status).toBe(202);
  return { logins, jobId };
}

test.concurrent.each([
  [HOOLI, "refuse"],
  [HOOLI_GOV, "fail"],
  [TOKEN_BANK, "queue"],
])(
  "a job at %s, which stays down and meets logins with '%s', ends with the published error after one login",
  async (institutionId, outage) => {
    const bank = new MobileBackend(targetOf(system()));
    await bank.institution(institutionId, { status: "major-outage", outage });
    const { logins, jobId } = await week(institutionId, LOGIN);
    expect(logins).toBe(1);
    const { history } = await executionOf(system(), jobId).ended();
    expect(transitionsOf(history)).toBe(3);
    // The sandbox ends its own queue after seven days, too: another execution may read how.
    if (outage !== "queue") expect(executionOf(system(), jobId, 2).exists()).toBe(false);
  },
);

test.concurrent("a login that always meets an outage is sent once for each try", async () => {
  const { logins } = await week(RAVIGA, { ...LOGIN, ...LOGINS.jianYang });
  // How many there are in seven days of 30 s depends on the machine.
  expect(logins).toBeGreaterThan(1);
  expect(logins).toBeLessThanOrEqual(85);
});
