import { expect, test } from "vitest";
import { begun, connected, refresh } from "./calls.ts";
import { HOOLI_GOV, LOGINS, RAVIGA } from "./logins.ts";
import { MobileBackend, statuses } from "./mobile-backend.ts";
import { GIVEN_UP } from "./queued.ts";
import { target } from "./target.ts";

const reached = target();

const CODES = { securityCode: "4321", secondaryLoginId: "second" };

test.each([
  ["refuse", HOOLI_GOV, "service-unavailable", "Service unavailable"],
  ["fail", RAVIGA, "institution-not-available", "Institution not available"],
])(
  "a refresh that meets a bank down, with which upstream deals by '%s', fails at once in its words",
  async (outage, institutionId, code, title) => {
    const backend = new MobileBackend(reached());
    const connectionId = await connected(backend, institutionId, { ...LOGINS.gavin, ...CODES });
    await backend.institution(institutionId, { status: "major-outage", outage });
    const job = await backend.untilOver(begun(await refresh(backend, connectionId)));
    await backend.institution(institutionId, { status: "operational" });
    expect(statuses(job.steps)).toEqual([
      "verify-credentials: failed",
      "retrieve-accounts: pending",
      "retrieve-transactions: pending",
    ]);
    expect(job.steps[0]?.result).toEqual({
      code,
      title,
      detail: "Institution is currently not available. Please try again later.",
    });
    const later = await backend.untilOver(begun(await refresh(backend, connectionId)));
    expect(statuses(later.steps)).toContain("retrieve-transactions: success");
  },
);

test("a refresh does not wait in upstream's own queue either", async () => {
  const backend = new MobileBackend(reached());
  const connectionId = await connected(backend, HOOLI_GOV, LOGINS.gavin);
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "queue" });
  const job = await backend.untilOver(begun(await refresh(backend, connectionId)));
  await backend.institution(HOOLI_GOV, { status: "operational" });
  expect(job.steps[0]).toEqual({ title: "verify-credentials", status: "failed", result: GIVEN_UP });
});
