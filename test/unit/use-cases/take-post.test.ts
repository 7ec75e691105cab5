import { expect, test } from "vitest";
import { RATE_LIMITS } from "../../../functions/access/rate-limit.ts";
import { takePost } from "../../../functions/jobs/use-cases/once-per-key.ts";
import { fakePorts } from "../../support/fake-ports.ts";
import { USER_ID } from "../../support/job-examples.ts";
import { countedWork, keyed } from "../../support/use-case-worlds.ts";

test("a request is counted for its user before anything comes of it, with a key and without one", async () => {
  const [ports, work] = [fakePorts(), countedWork()];
  const counted: unknown[] = [];
  let before = RATE_LIMITS.user - 2;
  ports.requestCounts.add = async (limit, of) => {
    counted.push([limit, of, work.runs.length]);
    before += 1;
    return before;
  };
  await takePost(ports, USER_ID, undefined, work);
  await takePost(ports, USER_ID, keyed(), work);
  for (const request of [undefined, keyed(), keyed({ key: "k-2" })]) {
    await expect(takePost(ports, USER_ID, request, work)).rejects.toThrow("rate-exceeded");
  }
  expect(counted).toEqual([0, 1, 2, 2, 2].map((runs) => ["user", USER_ID, runs]));
  expect(work.runs).toHaveLength(2);
  expect(ports.reservations.rows.size).toBe(1);
});
