import { describe, expect, onTestFinished, test } from "vitest";
import {
  readConnection,
  readInstitution,
  readUpstreamJob,
} from "../../functions/aggregators/basiq/replies.ts";
import { UpstreamUnavailable } from "../../functions/jobs/domain/errors.ts";
import { rawUpstream } from "../support/basiq-replies.ts";

const IDS = ["../jobs", "..", ".", "a/b", "a?b", "a#b", "a\nb", "", "a".repeat(129), "é"];
const step = (result?: object) => ({ title: "retrieve-accounts", status: "success", result });
const job = (changes: object = {}) => ({ id: "job-1", steps: [step()], ...changes });

test("a job that is as it should be is read", () => {
  const link = step({ type: "link", url: "/users/u/accounts?filter=institution.id.eq('AU00000')" });
  expect(readUpstreamJob(job({ steps: [link] }))).toMatchObject({
    id: "job-1",
    steps: [{ status: "success" }],
  });
});

test.each(["a.b", "job:1", "a_b-c~d", "a".repeat(128)])("the id %j is upstream's to choose", (id) => {
  expect(readUpstreamJob(job({ id })).id).toBe(id);
  expect(readInstitution({ id }).id).toBe(id);
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
  "",
  "{url}",
  `/${"a".repeat(2000)}`,
])("no client is led to %j, with its token, by a link", (url) => {
  const { steps } = readUpstreamJob(job({ steps: [step({ type: "link", url })] }));
  expect(steps).toEqual([{ title: "retrieve-accounts", status: "success", result: null }]);
});

test("what an error says counts, and not that it has a link which is none", () => {
  const error = { code: "invalid-credentials", title: "Cannot login", detail: "No." };
  const { steps } = readUpstreamJob(
    job({ steps: [{ ...step(), status: "failed", result: { ...error, url: "" } }] }),
  );
  expect(steps[0]?.result).toEqual(error);
});

test("what is not read may be of any size", () => {
  const picture = step({ type: "other", picture: "x".repeat(50_000) });
  expect(readUpstreamJob(job({ steps: [{ ...picture, more: [[[{}]]] }] })).steps).toHaveLength(1);
});

test("a moment is kept where upstream wrote one, and nothing where it wrote none", () => {
  const updated = (text: unknown) => readUpstreamJob(job({ updated: text })).updated;
  expect(updated("2020-09-21T11:19:11Z")).toBe("2020-09-21T11:19:11Z");
  expect(updated("2020-09-21T11:19:11.123456Z")).toBe("2020-09-21T11:19:11.123456Z");
  expect([updated("hooli2016"), updated("2020"), updated(null), updated(undefined)]).toEqual([
    "",
    "",
    "",
    "",
  ]);
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
