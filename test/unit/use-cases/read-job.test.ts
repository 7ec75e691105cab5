import { expect, test } from "vitest";
import type { TokenClaims } from "../../../functions/access/caller.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { readJob } from "../../../functions/jobs/use-cases/read-job.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { JOB_ID, jobOf, USER_ID } from "../../support/job-examples.ts";

const client: TokenClaims = { scope: "CLIENT_ACCESS", version: "3.0", userId: USER_ID };

function read(jobId: string, caller: TokenClaims) {
  const ports = fakePorts();
  ports.jobs.put(jobOf());
  return readJob(ports, { jobId, caller });
}

test.each([
  client,
  { scope: "SERVER_ACCESS", version: "2.0" },
  { scope: "CLIENT_ACCESS", version: "2.1" },
] as const)("a job is shown to %j", async (caller) => {
  expect(await read(JOB_ID, caller)).toEqual(jobOf());
});

test("another user's job and none are the same refusal", async () => {
  const others: unknown = await read(JOB_ID, { ...client, userId: "other" }).catch((error: unknown) => error);
  const none: unknown = await read("none", client).catch((error: unknown) => error);
  expect(others).toBeInstanceOf(Refusal);
  expect(none).toBeInstanceOf(Refusal);
  expect(others).toEqual(none);
  expect(others).toMatchObject({ problems: [{ reason: "job-not-found" }] });
});
