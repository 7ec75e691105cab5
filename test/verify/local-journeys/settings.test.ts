import type { AttributeValue } from "@aws-sdk/client-dynamodb";
import { unmarshall } from "@aws-sdk/util-dynamodb";
import { afterEach, beforeEach, expect, test } from "vitest";
import * as z from "zod";
import { begun, connected, refresh, resume, succeeded, update } from "../../journeys/calls.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { ALL_DONE, BANK_OUT_OF_SIGHT, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { refusal } from "../../journeys/posting.ts";
import { GIVEN_UP } from "../../journeys/queued.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { rowsOfAll } from "../support/tables.ts";

/** The limit of a minute is 3 s. Without the setting it would be a quarter of an hour, which is 45 s. */
const TIME_SCALE = 20;
const SETTINGS = { queue: "false", followLimitMinutes: "1", retentionDays: "1" };
const system = localSystem(TIME_SCALE, () => ({ settings: SETTINGS }));
const MINUTE_MS = 60_000 / TIME_SCALE;

let backend: MobileBackend;
beforeEach(() => {
  backend = new MobileBackend(targetOf(system()));
});
afterEach(async () => {
  await backend.faults([]);
  await backend.institution(HOOLI_GOV, { status: "operational" });
});

const UNAVAILABLE = "Institution is currently not available. Please try again later.";

test.each([
  ["refuse", { code: "service-unavailable", title: "Service unavailable", detail: UNAVAILABLE }],
  ["fail", { code: "institution-not-available", title: "Institution not available", detail: UNAVAILABLE }],
  ["queue", GIVEN_UP],
])("without the queue, a job at a bank with the outage '%s' fails at once", async (outage, result) => {
  const connectionId = await connected(backend, HOOLI_GOV, LOGINS.gavin);
  await backend.institution(HOOLI_GOV, { status: "major-outage", outage });
  const jobs = [
    await backend.startJob(HOOLI_GOV, LOGINS.ash),
    begun(await update(backend, connectionId, LOGINS.gavin)),
  ];
  for (const jobId of jobs) {
    const { steps } = await backend.untilOver(jobId);
    expect(steps[0]).toEqual({
      title: "verify-credentials",
      status: "failed",
      result: { ...result, details: result.detail },
    });
    expect(statuses(steps.slice(1))).toEqual([
      "retrieve-accounts: pending",
      "retrieve-transactions: pending",
    ]);
    expect(refusal(await resume(backend, jobId))).toEqual([409, "job-not-queued", [undefined]]);
  }
  await backend.institution(HOOLI_GOV, { status: "operational" });
  await succeeded(backend, begun(await refresh(backend, connectionId)));
});

test("without the queue, a job whose login meets an outage at a bank that is up fails too", async () => {
  const { steps } = await backend.untilOver(await backend.startJob(HOOLI, LOGINS.jianYang));
  expect(steps[0]).toMatchObject({ status: "failed", result: { code: "service-unavailable" } });
});

const WORKING = JSON.stringify({
  id: "working",
  updated: "2026-01-05T09:00:00Z",
  steps: [
    { title: "verify-credentials", status: "in-progress" },
    { title: "retrieve-accounts", status: "pending" },
    { title: "retrieve-transactions", status: "pending" },
  ],
});

test.each([
  ["never finishes", [{ method: "GET", path: "/jobs/*", times: 100_000, do: { body: WORKING } }]],
  ["never shows", BANK_OUT_OF_SIGHT],
])(
  "a new connection and a refresh that the aggregator %s fail after the limit that was set",
  async (_, faults) => {
    const connectionId = await connected(backend, HOOLI_GOV, LOGINS.gavin);
    await backend.faults(faults);
    const jobs = [await backend.startJob(HOOLI, LOGINS.gavin), begun(await refresh(backend, connectionId))];
    for (const jobId of jobs) {
      const job = await backend.untilOver(jobId);
      expect(job.steps[0]).toEqual({
        title: "verify-credentials",
        status: "failed",
        result: {
          code: "job-timed-out",
          title: "Job timed out",
          detail: "The institution did not finish in time. Please try again later.",
          details: "The institution did not finish in time. Please try again later.",
        },
      });
      const tookMs = Date.parse(job.updated) - Date.parse(job.created);
      // Times on the wire are whole seconds.
      expect(tookMs).toBeGreaterThan(MINUTE_MS - 1_000);
      expect(tookMs).toBeLessThan(10 * MINUTE_MS);
    }
  },
);

test("the time that a user takes to answer does not count", async () => {
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  const { expiresAt } = await backend.untilAsked(jobId);
  // The challenge lasts for two minutes. Wait for more than the limit of one minute.
  await expect.poll(() => Date.parse(expiresAt) - Date.now()).toBeLessThan(0.9 * MINUTE_MS);
  expect((await backend.answer(jobId, ["1234"])).status).toBe(202);
  expect(statuses((await backend.untilOver(jobId)).steps)).toEqual(ALL_DONE);
});

const attributes = z.record(z.string(), z.custom<AttributeValue>());
const jobRow = z.looseObject({
  pk: z.string(),
  phase: z.string(),
  updatedAt: z.string(),
  expiresAt: z.number(),
});

test("a job is stored for as long as was set after its last change", async () => {
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  const awaiting = await rowOf(jobId);
  await backend.answer(jobId, ["1234"]);
  await succeeded(backend, jobId);
  const over = await rowOf(jobId);
  expect([awaiting.phase, over.phase]).toEqual(["awaiting-answer", "succeeded"]);
  for (const { updatedAt, expiresAt } of [awaiting, over]) {
    expect(expiresAt).toBe(Math.ceil(Date.parse(updatedAt) / 1000) + 24 * 3600);
  }
});

async function rowOf(jobId: string) {
  const rows = (await rowsOfAll()).map((row) => jobRow.safeParse(unmarshall(attributes.parse(row))).data);
  const found = rows.find((row) => row?.pk === `job#${jobId}`);
  if (found === undefined) throw new Error(`no row of ${jobId}`);
  return found;
}
