import { describe, expect, test } from "vitest";
import { DependencyDown } from "../../functions/jobs/domain/errors.ts";
import { everything, listedJobs } from "./listed-jobs.ts";

const { accepted, list, watched } = listedJobs();

describe("rows that DynamoDB left out of a reply", () => {
  test("are asked for again", async () => {
    const step = { title: "verify-credentials", status: "failed" } as const;
    const large = { code: "c", title: "t", detail: "x".repeat(20_000) };
    const { userId, newest } = await accepted(90, () => ({ steps: [{ ...step, result: large }] }));
    const { client, countOf } = watched();
    const { jobs } = await list(client).page(userId, { limit: 500, from: undefined, wanted: everything });
    expect(jobs.map(({ id }) => id)).toEqual(newest);
    expect([countOf("QueryCommand"), countOf("BatchGetItemCommand")]).toEqual([1, 2]);
  });

  test("are given up after a while, and no page is shown without them", async () => {
    const { userId } = await accepted(2);
    const { client, countOf } = watched((name, input) =>
      name === "BatchGetItemCommand" && "RequestItems" in input
        ? { Responses: {}, UnprocessedKeys: input.RequestItems }
        : {},
    );
    const page = list(client).page(userId, { limit: 5, from: undefined, wanted: everything });
    await expect(page).rejects.toThrow(DependencyDown);
    expect(countOf("BatchGetItemCommand")).toBe(5);
  });
});
