import { expect, test } from "vitest";
import {
  InstitutionUnavailable,
  UpstreamRefused,
  UpstreamUnavailable,
} from "../../../functions/domain/errors.ts";
import { openAndFollow } from "../../../functions/use-cases/open-and-follow.ts";
import { JOB_ID, lookOf, PLAIN } from "../../support/job-examples.ts";
import { jobToOpen, openingJob } from "../../support/opening.ts";

const done = {
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
} as const;
const down = { code: "service-unavailable", title: "Down", detail: "Try later." };
const failedByOutage = lookOf({ ...PLAIN, "verify-credentials": "failed" });
failedByOutage.steps[0] = { title: "verify-credentials", status: "failed", result: down };

test("a bank that is done within a slice is opened and followed to the end in one run", async () => {
  const { ports, row } = await jobToOpen();
  ports.upstream.script.looks.push(lookOf(PLAIN), lookOf(done));
  expect(await openAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
  expect(row().phase).toBe("succeeded");
  expect(ports.vault.names()).toEqual([]);
});

test("a run that died while it followed goes on, and sends no second login", async () => {
  const { ports, row } = await jobToOpen();
  ports.upstream.script.looks.push(new Error("died"), lookOf(done));
  await expect(openAndFollow(ports, { jobId: JOB_ID })).rejects.toThrow("died");
  expect(row().phase).toBe("following");
  expect(await openAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "done" });
  expect(ports.upstream.done("openConnection")).toHaveLength(1);
});

test("upstream that gives no usable reply to the login leaves the attempt to its own retries", async () => {
  const { ports } = await jobToOpen();
  ports.upstream.script.openings.push("never-arrived");
  await expect(openAndFollow(ports, { jobId: JOB_ID })).rejects.toThrow(UpstreamUnavailable);
});

test("upstream that gives none once the job is there is asked by the next slice", async () => {
  const { ports, row } = await jobToOpen();
  ports.upstream.script.looks.push(failedByOutage);
  ports.upstream.script.institutionFails.push(new UpstreamUnavailable());
  expect(await openAndFollow(ports, { jobId: JOB_ID })).toEqual({ next: "wait", waitSeconds: 5 });
  expect(row().phase).toBe("following");
});

test("a bank that is down holds the attempt", async () => {
  const { ports } = await jobToOpen(openingJob);
  ports.upstream.institutions.set("AU00000", {
    id: "AU00000",
    authorization: "user",
    needsSecurityCode: false,
    needsSecondaryLoginId: false,
    status: "major-outage",
  });
  ports.upstream.script.openings.push(new UpstreamRefused(503, down));
  await expect(openAndFollow(ports, { jobId: JOB_ID })).rejects.toThrow(InstitutionUnavailable);
});
