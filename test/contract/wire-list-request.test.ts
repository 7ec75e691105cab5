import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseListRequest } from "../../functions/jobs/api/requests.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { JOB_ID } from "../support/job-examples.ts";

const read = (query: { [name: string]: string }) => parseListRequest((name) => query[name]);

function refused(query: { [name: string]: string }): unknown {
  try {
    return read(query);
  } catch (error) {
    return error instanceof Refusal ? error.problems : error;
  }
}

const all = { limit: 500, from: undefined, connectionId: undefined, institutionId: undefined };
const cursor = `2026-01-05T09:00:00.000Z_${JOB_ID}`;

describe("a request for a list", () => {
  test("asks for as much as a page holds, of every job, unless it says otherwise", () => {
    expect(read({})).toEqual(all);
    expect(read({ mobile: "x" })).toEqual(all);
  });

  test.each([
    ["connection.id.eq('8fce3b')", { connectionId: "8fce3b" }],
    ["institution.id.eq('AU00000')", { institutionId: "AU00000" }],
    [
      "connection.id.eq('a-b_9'),institution.id.eq('AU00000')",
      { connectionId: "a-b_9", institutionId: "AU00000" },
    ],
    [
      " institution.id.eq('AU00000') , connection.id.eq('8fce3b')",
      { connectionId: "8fce3b", institutionId: "AU00000" },
    ],
  ])("may be filtered by %s", (filter, expected) => {
    expect(read({ filter })).toEqual({ ...all, ...expected });
  });

  test.each([
    ["1", 1],
    ["25", 25],
    ["500", 500],
  ])("may be limited to %s", (limit, expected) => {
    expect(read({ limit })).toEqual({ ...all, limit: expected });
  });

  test("begins where a page has ended", () => {
    expect(read({ next: cursor, limit: "2" })).toEqual({ ...all, from: cursor, limit: 2 });
  });

  test.each([
    ["filter", "connection.id.eq(8fce3b)"],
    ["filter", "connection.id.eq('')"],
    ["filter", "connection.id.eq('a/b')"],
    ["filter", "connection.id.eq('a'b')"],
    ["filter", `connection.id.eq('${"x".repeat(65)}')`],
    ["filter", "connection.id.eq('a\n')"],
    ["filter", "connection.id.eq('a'),"],
    ["filter", "connection.id.eq('a'),connection.id.eq('b')"],
    ["filter", "institution.id.eq('a'),institution.id.eq('a')"],
    ["filter", "connection.id.neq('a')"],
    ["filter", "connection.status.eq('active')"],
    ["filter", "user.id.eq('a')"],
    ["filter", "constructor"],
    ["limit", "0"],
    ["limit", "501"],
    ["limit", "-1"],
    ["limit", "+1"],
    ["limit", "1.5"],
    ["limit", "1e2"],
    ["limit", "007"],
    ["limit", "ten"],
    ["limit", "1\n"],
    ["next", "2"],
    ["next", JOB_ID],
    ["next", `_${JOB_ID}`],
    ["next", `${cursor}_`],
    ["next", ` ${cursor}`],
    ["next", `${cursor}\n`],
    ["next", cursor.replace(".000Z", "Z")],
    ["next", cursor.replace("-4c58-", "-1c58-")],
  ])("is refused for its %s %j, by name", (name, value) => {
    expect(refused({ [name]: value })).toEqual([{ reason: "field-not-valid", field: name }]);
  });

  test("of any text is read or refused, and nothing else", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("__proto__", "connection.id.eq('", "')", ",", "_", cursor),
      fc.string().map((noise) => `connection.id.eq('${noise}')`),
      fc.string().map((noise) => `${noise}_${JOB_ID}`),
    );
    const names = ["filter", "limit", "next"];
    fc.assert(
      fc.property(fc.constantFrom(...names), text, (name, value) => {
        const outcome = refused({ [name]: value });
        const isRead = typeof outcome === "object" && outcome !== null && "limit" in outcome;
        if (!isRead) expect(outcome).toEqual([{ reason: "field-not-valid", field: name }]);
      }),
      { numRuns: 500 },
    );
  });
});
