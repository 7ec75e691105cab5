import { expect, test } from "vitest";
import { claimOf } from "../../functions/jobs/domain/job.ts";
import { jobOf, USER_ID } from "../support/job-examples.ts";

const atBank = { userId: USER_ID, institutionId: "AU00000" };
const onConnection = { userId: USER_ID, connectionId: "8fce3b" };

test.each([
  ["a create is about the institution", jobOf(), atBank],
  ["a create stays so once it knows its connection", jobOf({ connectionId: "8fce3b" }), atBank],
  ["an update is about its connection", jobOf({ kind: "update", connectionId: "8fce3b" }), onConnection],
  ["a refresh is about its connection", jobOf({ kind: "refresh", connectionId: "8fce3b" }), onConnection],
])("%s", (_, job, expected) => {
  expect(claimOf(job)).toEqual(expected);
});
