import { expect, test } from "vitest";
import { HOOLI, HOOLI_GOV, LOGINS, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { MobileBackend, statuses } from "./mobile-backend.ts";
import { untilQueued, WAITS_FOR_BANK } from "./queued.ts";
import { localSystem } from "./start-for-tests.ts";
import { targetOf } from "./target.ts";

/** Two hours are 1.8 s. The bank takes no time: whatever it says has been said by the first look. */
const system = localSystem(4_000);

const CODES = { securityCode: "4321", secondaryLoginId: "second" };

// They wait, so they wait side by side, each at an institution of its own.
test.concurrent.each([
  [HOOLI, "refuse", "major-outage", "operational", 2],
  [TOKEN_BANK, "refuse", "partial-outage", "degraded-performance", 2],
  [HOOLI_GOV, "fail", "major-outage", "under-maintenance", 2],
  [RAVIGA, "queue", "partial-outage", "operational", 1],
])(
  "a job at %s, which meets '%s' in a %s, runs once that is %s, after %i logins",
  async (institutionId, outage, status, better, logins) => {
    const backend = new MobileBackend(targetOf(system()));
    await backend.institution(institutionId, { status, outage });
    const login = { ...LOGINS.gavin, ...CODES, userToken: "token:PTln18RhwL" };
    const jobId = await backend.startJob(institutionId, login);
    const first = await untilQueued(backend, jobId);
    expect([first.queued.attempt, first.queued.attemptsLeft]).toEqual([1, 84]);

    // The record says that the bank is down: tries go by, and no login with them.
    const later = await untilQueued(backend, jobId, ({ attempt }) => attempt >= 3);
    expect(later.queued.attempt + later.queued.attemptsLeft).toBe(85);
    expect(later.queued.detail).toBe(WAITS_FOR_BANK);
    expect(later.queued.expiresAt).toBe(first.queued.expiresAt);
    expect(Date.parse(later.queued.nextAttemptAt)).toBeGreaterThan(Date.parse(first.queued.nextAttemptAt));
    expect(await backend.loginsSent()).toBe(1);

    await backend.institution(institutionId, { status: better });
    const job = await backend.untilOver(jobId);
    expect(statuses(job.steps)).toEqual([
      "verify-credentials: success",
      "retrieve-accounts: success",
      "retrieve-transactions: success",
    ]);
    expect(job.links.source).toBeDefined();
    expect(await backend.loginsSent()).toBe(logins);
  },
);
