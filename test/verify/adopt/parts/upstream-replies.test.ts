import { expect, test } from "vitest";
import { readUpstreamJobs } from "../../../../functions/aggregators/basiq/job-list.ts";
import { readConnections, readUpstreamJob } from "../../../../functions/aggregators/basiq/replies.ts";
import { findAttempt } from "../../../../functions/jobs/domain/upstream-job.ts";
import { link, reply } from "../../../support/basiq-replies.ts";

const institution = { id: "AU00000" };

test("a job names its connection as its source, or only shows one in a step", () => {
  const job = reply({ status: "success", result: link });
  const links = { source: "https://au-api.basiq.io/users/u/connections/C2" };
  expect(readUpstreamJob({ ...job, links: {} })).toMatchObject({ connectionId: "8fce3b" });
  expect(readUpstreamJob({ ...job, links: {} }).namesSource).toBeUndefined();
  expect(readUpstreamJob({ ...job, links })).toMatchObject({ connectionId: "c2", namesSource: true });
});

test.each([
  ["active", {}],
  ["pending", { isBeingMade: true }],
  ["pre-init", { isBeingMade: true, awaitsUser: true }],
])("a connection is %s", (status, expected) => {
  const data = [{ id: "C1", status, institution }];
  expect(readConnections({ data })).toEqual([{ id: "c1", institutionId: "AU00000", ...expected }]);
});

test("the job of a statement is listed, and is never taken for the job of a login", () => {
  const step = { title: "verify-credentials", status: "failed", result: { code: "bank-statement-invalid" } };
  const jobs = readUpstreamJobs({ data: [{ ...reply({}), steps: [step], institution }] });
  expect(jobs).toMatchObject([{ id: "61723", isOfStatement: true }]);
  const attempt = { institutionId: "AU00000", startedAt: jobs[0]?.created ?? "", knownUpstreamJobIds: [] };
  expect(findAttempt(jobs, attempt)).toBeUndefined();
  expect(
    findAttempt(
      [{ ...jobs[0], id: "1", created: "", institutionId: "AU00000", isOfStatement: undefined }],
      attempt,
    )?.id,
  ).toBe("1");
});
