import { expect } from "vitest";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "./mobile-backend.ts";
import { untilQueued } from "./queued.ts";

interface CancelPhase {
  /** The state of the job. */
  title: string;
  institutionId: string;
  login: Record<string, string>;
  /** For the next job, after the faults. */
  answers?: string[];
  /** The finished steps, and the step that runs. */
  done: string[];
  at: string;
  /** How many sealed rows the job has. */
  secrets: number;
  /** Starts the job, and waits until it is in this state. */
  reach(backend: MobileBackend): Promise<string>;
}

const plain = { institutionId: HOOLI, login: LOGINS.gavin, done: [], at: "verify-credentials", secrets: 1 };
const asking = { institutionId: PIED_PIPER, login: LOGINS.jared, answers: ["1234"] };
const held = { ...plain, institutionId: HOOLI_GOV };

/** Every state in which a job can be cancelled. */
export const CANCEL_PHASES: readonly CancelPhase[] = [
  {
    ...plain,
    title: "the aggregator does not accept its login",
    async reach(backend) {
      await backend.faults([
        { method: "POST", path: "/users/*/connections", times: 1_000, do: { status: 500 } },
      ]);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await expect.poll(() => backend.loginsSent()).toBeGreaterThan(0);
      return jobId;
    },
  },
  {
    ...plain,
    title: "its login is being sent",
    async reach(backend) {
      await backend.faults([
        { method: "POST", path: "/users/*/connections", times: 1, do: { delayMs: 3_000 } },
      ]);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await expect.poll(() => backend.loginsSent()).toBeGreaterThan(0);
      return jobId;
    },
  },
  {
    ...plain,
    title: "it is followed",
    async reach(backend) {
      await backend.faults(BANK_OUT_OF_SIGHT);
      const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
      await expect.poll(() => backend.upstreamCalls()).toContainEqual(expect.stringMatching(/^GET \/jobs\//));
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
    title: "the aggregator does not accept its answer",
    done: ["verify-credentials"],
    at: "mfa-challenge",
    secrets: 1,
    async reach(backend) {
      const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
      await backend.untilAsked(jobId);
      await backend.faults([{ method: "POST", path: "/jobs/*/mfa", times: 1_000, do: { status: 500 } }]);
      await backend.answer(jobId, ["1234"]);
      await expect.poll(() => backend.answersSent()).toBeGreaterThan(0);
      return jobId;
    },
  },
  { ...held, title: "it waits for the bank", reach: (backend) => hold(backend, "refuse") },
  { ...held, title: "the aggregator holds it", reach: (backend) => hold(backend, "queue") },
];

async function hold(backend: MobileBackend, outage: string): Promise<string> {
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage });
  const jobId = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  await untilQueued(backend, jobId);
  return jobId;
}

/** Ends all faults and outages. */
export async function endFaults(backend: MobileBackend): Promise<void> {
  await backend.faults([]);
  await backend.institution(HOOLI_GOV, { status: "operational" });
}
