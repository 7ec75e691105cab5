import { vi } from "vitest";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "./mobile-backend.ts";
import { untilQueued } from "./queued.ts";

interface CancelPhase {
  /** Where the job is. */
  title: string;
  institutionId: string;
  login: Record<string, string>;
  /** Of a new job, once nothing goes wrong any more. */
  answers?: string[];
  /** The steps that are over, and the one that the job is at. */
  done: string[];
  at: string;
  /** Rows of secrets that the job has. */
  secrets: number;
  /** Starts the job, and waits until it is there. */
  reach(backend: MobileBackend): Promise<string>;
}

const plain = { institutionId: HOOLI, login: LOGINS.gavin, done: [], at: "verify-credentials", secrets: 1 };
const asking = { institutionId: PIED_PIPER, login: LOGINS.jared, answers: ["1234"] };
const held = { ...plain, institutionId: HOOLI_GOV };

/** Every place at which a job can be cancelled. */
export const CANCEL_PHASES: readonly CancelPhase[] = [
  {
    ...plain,
    title: "upstream does not take its login",
    async reach(backend) {
      await backend.faults([
        { method: "POST", path: "/users/*/connections", times: 1_000, do: { status: 500 } },
      ]);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await until(async () => (await backend.loginsSent()) > 0);
      return jobId;
    },
  },
  {
    ...plain,
    title: "its login is on the way",
    async reach(backend) {
      await backend.faults([
        { method: "POST", path: "/users/*/connections", times: 1, do: { delayMs: 1_000 } },
      ]);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await until(async () => (await backend.loginsSent()) > 0);
      return jobId;
    },
  },
  {
    ...plain,
    title: "it is followed",
    async reach(backend) {
      await backend.faults(BANK_OUT_OF_SIGHT);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await until(async () => (await backend.upstreamCalls()).some((call) => call.startsWith("GET /jobs/")));
      return jobId;
    },
  },
  {
    ...asking,
    title: "its user is asked",
    done: ["verify-credentials"],
    at: "mfa-challenge",
    secrets: 0,
    async reach(backend) {
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      await backend.untilAsked(jobId);
      return jobId;
    },
  },
  {
    ...asking,
    title: "its answer does not come through",
    done: ["verify-credentials"],
    at: "mfa-challenge",
    secrets: 1,
    async reach(backend) {
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      await backend.untilAsked(jobId);
      await backend.faults([{ method: "POST", path: "/jobs/*/mfa", times: 1_000, do: { status: 500 } }]);
      await backend.answer(jobId, ["1234"]);
      await until(async () => (await backend.answersSent()) > 0);
      return jobId;
    },
  },
  { ...held, title: "it waits for the bank", reach: (backend) => hold(backend, "refuse") },
  { ...held, title: "upstream holds it", reach: (backend) => hold(backend, "queue") },
];

async function hold(backend: MobileBackend, outage: string): Promise<string> {
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage });
  const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  await untilQueued(backend, jobId);
  return jobId;
}

/** Nothing goes wrong any more. */
export async function allIsWell(backend: MobileBackend): Promise<void> {
  await backend.faults([]);
  await backend.institution(HOOLI_GOV, { status: "operational" });
}

async function until(isSo: () => Promise<boolean>): Promise<void> {
  await vi.waitUntil(isSo, { timeout: 10_000 });
}
