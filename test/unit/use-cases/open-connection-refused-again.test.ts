import { expect, test } from "vitest";
import { UpstreamRefused } from "../../../functions/jobs/domain/errors.ts";
import { CREDENTIALS_REFUSED } from "../../../functions/jobs/domain/failures.ts";
import { JOB_ID, USER_ID } from "../../support/job-examples.ts";
import { jobToOpen, openingJob } from "../../support/use-case-worlds.ts";

const refusal = new UpstreamRefused(400, { code: CREDENTIALS_REFUSED, title: "No", detail: "Wrong." });
const noted = `${USER_ID} AU00000`;

/** A run that has noted that the login was refused at once, and died before the row said so. */
async function diedAfterItsNote() {
  const opening = await jobToOpen();
  const { ports, open, row } = opening;
  const { record } = ports.jobs;
  ports.upstream.script.openings.push(refusal);
  ports.jobs.record = (job, change) =>
    change.event === "failed" ? Promise.reject(new Error("died")) : record(job, change);
  await expect(open()).rejects.toThrow("died");
  ports.jobs.record = record;
  expect(row().phase).toBe("opening");
  expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual([JOB_ID]);
  return opening;
}

test.each([0, 5_000, 5 * 60_000])(
  "a login that was refused by a run that died is not sent again %i ms later, and fails as refused",
  async (ms) => {
    const { ports, open, row } = await diedAfterItsNote();
    ports.clock.pass(ms);
    await open();
    expect(row().phase).toBe("failed");
    expect(row().steps[0]).toMatchObject({ status: "failed", result: { code: CREDENTIALS_REFUSED } });
    expect(ports.upstream.calls("openConnection")).toHaveLength(1);
    expect(ports.refusedLogins.rows.get(noted)?.jobIds).toEqual([JOB_ID]);
    expect(ports.vault.names()).toEqual([]);
  },
);

test("another job's refused login says nothing of this one", async () => {
  const { ports, open, row } = await jobToOpen(openingJob);
  await ports.refusedLogins.note(USER_ID, "AU00000", "another");
  await open();
  expect(row().phase).toBe("following");
  expect(ports.upstream.done("openConnection")).toHaveLength(1);
});
