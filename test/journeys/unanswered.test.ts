import { expect, test } from "vitest";
import { begun, connected, refresh, update } from "./calls.ts";
import { LOGINS, PIED_PIPER } from "./logins.ts";
import { type HttpReply, MobileBackend, statuses } from "./mobile-backend.ts";
import { refusal } from "./posting.ts";
import { target } from "./target.ts";

const reached = target();

/** However late the end of a challenge may come after its deadline. */
const WITHIN_MS = 5_000;

type Begin = (backend: MobileBackend, connectionId: string) => Promise<HttpReply>;

// They wait for a deadline, so they wait side by side.
test.concurrent.each<[string, Begin]>([
  ["a refresh", refresh],
  ["an update", (backend, connectionId) => update(backend, connectionId, LOGINS.jared)],
])(
  "%s whose challenge nobody answers fails within 5 s of its deadline, and the connection is free",
  async (_, begin) => {
    const backend = new MobileBackend(reached());
    const connectionId = await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);

    const jobId = begun(await begin(backend, connectionId));
    const { expiresAt } = await backend.untilAsked(jobId);
    const job = await backend.untilOver(jobId);
    expect(statuses(job.steps)).toEqual([
      "verify-credentials: success",
      "mfa-challenge: failed",
      "retrieve-accounts: pending",
      "retrieve-transactions: pending",
    ]);
    expect(job.steps[1]?.result).toMatchObject({ code: "mfa-expired", title: "MFA challenge expired" });
    const lateMs = Date.parse(job.updated) - Date.parse(expiresAt);
    expect(lateMs).toBeGreaterThanOrEqual(0);
    expect(lateMs).toBeLessThanOrEqual(WITHIN_MS);
    expect(refusal(await backend.answer(jobId, ["1234"]))).toEqual([
      410,
      "resource-no-longer-available",
      [undefined],
    ]);
    expect(await backend.answersSent()).toBe(1);
    expect(begun(await begin(backend, connectionId))).not.toBe(jobId);
  },
);
