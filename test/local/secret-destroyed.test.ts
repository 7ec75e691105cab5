import { expect, test } from "vitest";
import { cancel, resume } from "../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "../journeys/mobile-backend.ts";
import { untilQueued } from "../journeys/queued.ts";
import { fails } from "../support/faulty-functions.ts";
import { brokenSystem } from "./broken-system.ts";
import { change, row, secretsOf } from "./tables.ts";

const system = brokenSystem(40);

const jobKey = (jobId: string) => ({ pk: `job#${jobId}` });
const jobRow = (jobId: string) => row("JOBS_TABLE", jobKey(jobId));
/** The purposes of the secrets that the job has, wherever they are. */
async function secrets(jobId: string): Promise<string[]> {
  const rows = (await secretsOf(jobId)).map((each) => String(Object(each["purpose"]).S));
  return [...rows, ...("sealedTaskToken" in (await jobRow(jobId)) ? ["task-token"] : [])];
}
const PAST = "2020-01-01T00:00:00.000Z";

interface Ending {
  /** How the job ends. */
  title: string;
  institutionId: string;
  login: Record<string, string>;
  /** What it keeps before that. */
  kept: string[];
  /** Brings the job to where it has that, and gives what makes it end. */
  reach(backend: MobileBackend, jobId: string): Promise<() => Promise<unknown>>;
  /** The code of the step that fails; none when it ends well. */
  code?: string;
  generation?: number;
}

const plain = { institutionId: HOOLI, login: LOGINS.gavin, kept: ["login"] };
const asking = { institutionId: PIED_PIPER, login: LOGINS.jared, kept: ["task-token"] };
/** Its functions wait until it is to end. */
const atOnce = async (_: MobileBackend, jobId: string) => async () => system.release(jobId);

async function asked(backend: MobileBackend, jobId: string): Promise<void> {
  system.release(jobId);
  await backend.untilAsked(jobId);
}

const ENDINGS: Ending[] = [
  { ...plain, title: "is successful", reach: atOnce },
  {
    ...plain,
    title: "is refused by the bank",
    login: LOGINS.bighead,
    reach: atOnce,
    code: "invalid-credentials",
  },
  {
    ...plain,
    title: "is given up after a function that broke",
    reach: async (_, jobId) => async () =>
      system.release(jobId, { "open-connection": fails("before", "SyntaxError") }),
    code: "internal-server-error",
  },
  {
    ...plain,
    title: "is cancelled before it begins",
    reach: async (backend, jobId) => async () => {
      await cancel(backend, jobId);
      system.release(jobId);
    },
    code: "job-cancelled",
  },
  {
    ...asking,
    title: "is cancelled while its user is asked",
    reach: async (backend, jobId) => {
      await asked(backend, jobId);
      return () => cancel(backend, jobId);
    },
    code: "job-cancelled",
  },
  {
    ...asking,
    title: "is successful after an answer",
    reach: async (backend, jobId) => {
      await asked(backend, jobId);
      return () => backend.answer(jobId, ["1234"]);
    },
  },
  {
    ...asking,
    title: "is refused after a wrong answer",
    reach: async (backend, jobId) => {
      await asked(backend, jobId);
      return () => backend.answer(jobId, ["4321"]);
    },
    code: "invalid-credentials",
  },
  {
    ...asking,
    title: "is answered by nobody",
    reach: async (backend, jobId) => {
      await asked(backend, jobId);
      return async () => undefined;
    },
    code: "mfa-expired",
  },
];

test.concurrent.each(ENDINGS)(
  "a job that $title keeps no secret",
  async ({ institutionId, login, kept, reach, code, generation }) => {
    const backend = system.newBackend();
    const jobId = await backend.startJob(institutionId, login);
    const end = await reach(backend, jobId);
    expect(await secrets(jobId)).toEqual(kept);
    await end();
    const failed = await system.over(backend, jobId, generation);
    expect(failed.map(({ result }) => Reflect.get(Object(result), "code"))).toEqual(code ? [code] : []);
    expect(await secrets(jobId)).toEqual([]);
  },
);

test("a job that the queue gives up keeps no secret", async () => {
  const backend = system.newBackend();
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const jobId = await system.start(backend, HOOLI_GOV, LOGINS.gavin);
  await untilQueued(backend, jobId);
  expect(await secrets(jobId)).toEqual(["login"]);
  await change("JOBS_TABLE", jobKey(jobId), "queue.expiresAt", PAST);
  await resume(backend, jobId);
  expect(await system.over(backend, jobId, 2)).toMatchObject([{ result: { code: "temporary-unavailable" } }]);
  expect(await secrets(jobId)).toEqual([]);
});

test("a job that upstream does not finish keeps no secret", async () => {
  const backend = system.newBackend();
  await backend.faults(BANK_OUT_OF_SIGHT);
  const jobId = await system.start(backend, HOOLI, LOGINS.gavin);
  await expect.poll(async () => (await jobRow(jobId))["phase"]).toBe("following");
  expect(await secrets(jobId)).toEqual(["login"]);
  await change("JOBS_TABLE", jobKey(jobId), "followUntil", PAST);
  expect(await system.over(backend, jobId)).toMatchObject([{ result: { code: "job-timed-out" } }]);
  expect(await secrets(jobId)).toEqual([]);
  await backend.faults([]);
});

test("a login is gone once it was verified, an answer and its task token once it was sent, although the job goes on", async () => {
  const backend = system.newBackend();
  const jobId = await system.start(backend, PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  expect(await secrets(jobId)).toEqual(["task-token"]);
  await backend.faults(BANK_OUT_OF_SIGHT);
  await backend.answer(jobId, ["1234"]);
  await expect.poll(() => backend.answersSent()).toBe(1);
  await expect.poll(() => secrets(jobId)).toEqual([]);
  expect(await jobRow(jobId)).toMatchObject({ phase: "following" });
  await backend.faults([]);
  expect(await system.over(backend, jobId)).toEqual([]);
});
