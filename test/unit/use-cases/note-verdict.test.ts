import { expect, test } from "vitest";
import { failCurrentStep, type Step } from "../../../functions/jobs/domain/steps.ts";
import { noteVerdict } from "../../../functions/jobs/use-cases/follow-job.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { followingJob, JOB_ID, PLAIN, stepsOf, USER_ID, WITH_MFA } from "../../support/job-examples.ts";

const pending = stepsOf(PLAIN);
const verified = stepsOf({ ...PLAIN, "verify-credentials": "success" });
const failedWith = (code: string, steps = pending) =>
  failCurrentStep(steps, { code, title: "Title", detail: "Detail" });
const asked = stepsOf({ ...WITH_MFA, "verify-credentials": "success", "mfa-challenge": "in-progress" });

/** The jobs that are noted after a change, where one was before. */
async function notedAfter(before: Step[], after: readonly Step[]) {
  const { refusedLogins } = fakePorts();
  await refusedLogins.note(USER_ID, "AU00000", "earlier");
  await noteVerdict({ refusedLogins }, followingJob({ steps: before }), after);
  return (await refusedLogins.find(USER_ID, "AU00000"))?.jobIds;
}

test.each([
  ["a login that is refused is one more", pending, failedWith("invalid-credentials"), ["earlier", JOB_ID]],
  ["a login that is taken clears them all", pending, verified, undefined],
  ["another failure is no verdict", pending, failedWith("account-not-accessible"), ["earlier"]],
  ["an outage is no verdict", pending, failedWith("service-unavailable"), ["earlier"]],
  [
    "progress is no verdict",
    pending,
    stepsOf({ ...PLAIN, "verify-credentials": "in-progress" }),
    ["earlier"],
  ],
  ["a job that is held has none", pending, pending, ["earlier"]],
  ["a change without steps has none", pending, [], ["earlier"]],
  ["one that was there before is none", verified, verified, ["earlier"]],
  ["a wrong answer is no wrong login", asked, failedWith("invalid-credentials", asked), ["earlier"]],
])("%s", async (_, before, after, expected) => {
  expect(await notedAfter(before, after)).toEqual(expected);
});
