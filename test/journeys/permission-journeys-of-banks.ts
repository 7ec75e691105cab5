import { expect } from "vitest";
import { HOOLI, LOGINS, PIED_PIPER } from "./logins.ts";
import { type MobileBackend, statuses, stepOf } from "./mobile-backend.ts";
import { type PermissionJourney, rowCall } from "./permission-journey.ts";

const PENDING = { status: "pending", result: null };
const CONNECTION = "/users/any/connections/told-late";

/** A bank that asks before it has said what it thinks of the login, as upstream may show it. */
function bankThatAsksFirst(verify: object) {
  const job = (updated: string, first: object, mfa: object, rest: object) => ({
    type: "job",
    id: "any",
    updated,
    steps: [
      { title: "verify-credentials", ...first },
      { title: "mfa-challenge", ...mfa },
      { title: "retrieve-accounts", ...rest },
      { title: "retrieve-transactions", ...rest },
    ],
  });
  const asks = { type: "mfa", method: "token", description: "", input: ["OTP"], expiryMs: 120_000 };
  const running = { status: "in-progress", result: null };
  const done = { status: "success", result: null };
  const reply = (method: string, path: string, times: number, body: object) => ({
    method,
    path,
    times,
    do: { body: JSON.stringify(body) },
  });
  return [
    reply("POST", "/users/*/connections", 1, { type: "job", id: "any" }),
    reply("GET", "/jobs/*", 1, job("2026-01-01T00:00:00Z", running, { ...running, result: asks }, PENDING)),
    reply("POST", "/jobs/*", 1, { type: "job", id: "any" }),
    reply("GET", "/jobs/*", 1000, job("2026-01-01T00:00:01Z", verify, done, done)),
  ];
}

const ACCEPTED = { status: "success", result: { type: "link", url: CONNECTION } };
const REFUSED = {
  status: "failed",
  result: { code: "invalid-credentials", title: "Cannot login", detail: "Invalid credentials" },
};

async function answered(system: Parameters<PermissionJourney["walk"]>[0], verify: object) {
  const backend = system.newBackend();
  await backend.faults(bankThatAsksFirst(verify));
  const jobId = await system.startJob(backend, PIED_PIPER, LOGINS.jared);
  await system.asked(backend, jobId);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  const { steps } = await system.over(backend, jobId);
  await backend.faults([]);
  return { jobId, steps };
}

/** The journeys of one login, at a bank that is fast or takes longer than the slice that comes with the opening. */
function logins(
  pace: string,
  start: "startJob" | "startSlowJob",
  follower: "open-connection" | "follow-job",
): PermissionJourney[] {
  const isClaim = rowCall(`workflow/${follower}`, "PutItem", "pk", "claim#");
  const startWith = (
    system: Parameters<PermissionJourney["walk"]>[0],
    backend: MobileBackend,
    login: object,
  ) => system[start](backend, HOOLI, { ...login });
  return [
    {
      title: `a ${pace} bank refuses a login`,
      async walk(system) {
        const backend = system.newBackend();
        const jobId = await startWith(system, backend, LOGINS.bighead);
        const { steps } = await system.over(backend, jobId);
        expect(steps[0]).toMatchObject({ status: "failed", result: { code: "invalid-credentials" } });
        return [jobId];
      },
    },
    {
      title: `the reply is lost to the claim on what a ${pace} bank has connected`,
      async walk(system) {
        const backend = system.newBackend();
        system.recorder.loseReply(isClaim);
        const jobId = await startWith(system, backend, LOGINS.gavin);
        const { steps } = await system.over(backend, jobId);
        expect(statuses(steps)).toContain("retrieve-transactions: success");
        return [jobId];
      },
    },
  ];
}

export const JOURNEYS_OF_BANKS: readonly PermissionJourney[] = [
  ...logins("fast", "startJob", "open-connection"),
  ...logins("slow", "startSlowJob", "follow-job"),
  {
    title: "a bank takes the login only after it has asked, and the reply to the claim is lost",
    async walk(system) {
      system.recorder.loseReply(rowCall("workflow/send-answer", "PutItem", "pk", "claim#"));
      const { jobId, steps } = await answered(system, ACCEPTED);
      expect(stepOf(steps, "verify-credentials")).toMatchObject({ result: { url: CONNECTION } });
      return [jobId];
    },
  },
  {
    title: "a bank refuses the login only after it has asked",
    async walk(system) {
      const { jobId, steps } = await answered(system, REFUSED);
      expect(stepOf(steps, "verify-credentials")).toMatchObject(REFUSED);
      return [jobId];
    },
  },
];
