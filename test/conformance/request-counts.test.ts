import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { RequestCounts } from "../../functions/access/rate-limit.ts";
import { dynamoRequestCounts } from "../../functions/access/request-counts.ts";
import { fakeRequestCounts } from "../support/fake-ports.ts";
import { JOBS, localTables } from "../support/local-aws.ts";

let tables: Awaited<ReturnType<typeof localTables>>;
beforeAll(async () => {
  tables = await localTables();
});
afterAll(() => tables.close());

const IMPLEMENTATIONS: [string, () => RequestCounts][] = [
  ["in memory", fakeRequestCounts],
  ["on DynamoDB", () => dynamoRequestCounts(tables.client, JOBS)],
];

const window = { number: 5_892_180, endsAt: new Date("2026-01-05T09:05:00.250Z") };
const next = { number: 5_892_181, endsAt: new Date("2026-01-05T09:10:00.250Z") };

describe.each(IMPLEMENTATIONS)("counts %s", (_, make) => {
  test("requests are counted from one on, each kind, each one's and each window's apart", async () => {
    const [counts, user] = [make(), randomUUID()];
    expect(await counts.add("user", user, window)).toBe(1);
    expect(await counts.add("user", user, window)).toBe(2);
    expect(await counts.add("user", `${user}-`, window)).toBe(1);
    expect(await counts.add("token", user, window)).toBe(1);
    expect(await counts.add("user", user, next)).toBe(1);
    expect(await counts.add("user", user, window)).toBe(3);
  });

  test("of 300 requests at once lose none, and give each another number", async () => {
    const [counts, user] = [make(), randomUUID()];
    const all = await Promise.all(Array.from({ length: 300 }, () => counts.add("user", user, window)));
    expect(all.toSorted((a, b) => a - b)).toEqual(Array.from({ length: 300 }, (__, index) => index + 1));
  });
});
