import { describe, expect, onTestFinished, test } from "vitest";
import { UpstreamUnavailable } from "../../functions/domain/errors.ts";
import { readConnection } from "../../functions/wire/upstream-connection-reader.ts";
import { readInstitution } from "../../functions/wire/upstream-institution-reader.ts";
import { readUpstreamJob } from "../../functions/wire/upstream-job-reader.ts";
import { rawUpstream } from "../support/raw-upstream.ts";

const IDS = ["../jobs", "a/b", "a.b", "a?b", "a#b", "a\nb", "", "a".repeat(65), "é"];
const step = (result?: object) => ({ title: "retrieve-accounts", status: "success", result });
const job = (changes: object = {}) => ({ id: "job-1", steps: [step()], ...changes });

test("a job that is as it should be is read", () => {
  const link = step({ type: "link", url: "/users/u/accounts?filter=institution.id.eq('AU00000')" });
  expect(readUpstreamJob(job({ steps: [link] }))).toMatchObject({
    id: "job-1",
    steps: [{ status: "success" }],
  });
});

describe.each(IDS)("the id %j, which leads elsewhere,", (id) => {
  test("is that of no job, no bank and no connection", () => {
    const connection = { id: "c-1", institution: { id: "AU00000" } };
    expect(() => readUpstreamJob(job({ id }))).toThrow();
    expect(() => readInstitution({ id })).toThrow();
    expect(() => readConnection({ ...connection, id })).toThrow();
    expect(() => readConnection({ ...connection, institution: { id } })).toThrow();
  });
});

test.each([
  "https://evil.example",
  "//evil.example/a",
  "/\\evil.example",
  "javascript:alert(1)",
  "/a b",
  "a/b",
])("no client is led to %j, with its token, by a link", (url) => {
  expect(() => readUpstreamJob(job({ steps: [step({ type: "link", url })] }))).toThrow();
});

test("a job of a size that none has is none", () => {
  const words = (length: number) => step({ code: "x", title: "x".repeat(length), detail: "x".repeat(1900) });
  expect(() => readUpstreamJob(job({ steps: [words(100), words(100)] }))).not.toThrow();
  expect(() => readUpstreamJob(job({ steps: Array.from({ length: 6 }, () => words(1900)) }))).toThrow();
  expect(() => readUpstreamJob(job({ steps: [words(2001)] }))).toThrow();
});

test("another job than the one that was asked for is no answer", async () => {
  const raw = await rawUpstream((response) => response.end(JSON.stringify(job({ id: "job-2" }))));
  onTestFinished(raw.close);
  await expect(raw.upstream.job("job-1")).rejects.toThrow(UpstreamUnavailable);
  expect(await raw.upstream.job("job-2")).toMatchObject({ id: "job-2" });
});
