import { describe, expect, test } from "vitest";
import { readConnection, readConnections } from "../../functions/aggregators/basiq/replies.ts";

const record = {
  type: "connection",
  id: "64011b56-988a-4c2c-bfca-16c836cec23f",
  status: "active",
  lastUsed: "2020-09-09T11:06:59Z",
  createdDate: "2020-09-09T11:06:52Z",
  profile: { fullName: "Not of our concern" },
  institution: { type: "institution", id: "AU00000", links: { self: "https://upstream.example" } },
  accounts: { type: "list", data: [] },
};
const read = { id: record.id, institutionId: "AU00000" };

describe("a connection", () => {
  test("is read with what a job needs, and nothing else", () => {
    expect(readConnection(record)).toEqual(read);
    expect(readConnection({ ...record, status: "invalid", profile: null })).toEqual(read);
  });

  test.each(["8fce3b", "a_b-9", "x".repeat(64)])("may be called %s", (id) => {
    expect(readConnection({ ...record, id }).id).toBe(id);
  });

  test.each([
    [null],
    [[record]],
    [{}],
    [{ ...record, id: "" }],
    [{ ...record, id: "a/b" }],
    [{ ...record, id: "a\n" }],
    [{ ...record, id: 5 }],
    [{ ...record, institution: undefined }],
    [{ ...record, institution: "AU00000" }],
    [{ ...record, institution: { id: null } }],
  ])("is not %j", (reply) => {
    expect(() => readConnection(reply)).toThrow();
  });
});

describe("a list of connections", () => {
  test("gives those that are of our kind", () => {
    const data = [{ type: "job", id: "1" }, record, null, { ...record, id: "2", institution: { id: "B" } }];
    expect(readConnections({ type: "list", data })).toEqual([read, { id: "2", institutionId: "B" }]);
  });

  test("may be empty, but must be one", () => {
    expect(readConnections({ data: [] })).toEqual([]);
    for (const reply of [{ data: null }, { data: {} }, [], null, "x"]) {
      expect(() => readConnections(reply)).toThrow();
    }
  });
});
