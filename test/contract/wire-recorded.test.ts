import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import * as z from "zod";
import { parse } from "zod/v4/core";
import {
  readConnection,
  readConnections,
  readInstitution,
  readUpstreamJob,
  readUpstreamJobs,
  upstreamAcceptedSchema,
  upstreamErrorSchema,
  upstreamTokenSchema,
} from "../../functions/aggregators/basiq/replies.ts";
import { renderJobList, renderStubs } from "../../functions/jobs/api/replies.ts";
import { jobOf } from "../support/job-examples.ts";

/** Replies that the publisher's own tests recorded. They are kept beside the project, and may be absent. */
const FOLDER = join(import.meta.dirname, "../../../shared/reference/recorded");

/** Its recorder has taken some links out, and has put in what is none. */
function recordedReply(name: string): unknown {
  return JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8").replaceAll("{url}", "/a/link"));
}

type Check = (reply: unknown) => void;

const isJob: Check = (reply) => {
  const job = readUpstreamJob(reply);
  expect(job.steps.map(({ status }) => status)).toEqual(["success", "success", "success"]);
  expect(job.steps.every(({ result }) => result !== null && "url" in result)).toBe(true);
  expect(job.connectionId).toMatch(/^[0-9a-f-]{36}$/);
  expect(Date.parse(job.updated)).toBeGreaterThan(Date.parse(job.created));
};
const isJobList: Check = (reply) => {
  expect(readUpstreamJobs(reply)).toMatchObject([{ institutionId: "AU00000", connectionId: undefined }]);
};
const options = { apiUrl: "https://api.example.com", stepResults: "object" } as const;
const asked = { filter: undefined, limit: undefined, next: undefined };

/** What a reply is made of: its fields, and the kinds of their values. */
function shapeOf(reply: unknown): unknown {
  if (Array.isArray(reply)) return reply.slice(0, 1).map(shapeOf);
  const fields = z.record(z.string(), z.unknown()).safeParse(reply);
  if (!fields.success) return typeof reply;
  return Object.fromEntries(Object.entries(fields.data).map(([name, value]) => [name, shapeOf(value)]));
}

/** The jobs of a recorded list, listed by us, make a reply of the same fields; `jobType` came with 3.0. */
const isListedByUs: Check = (reply) => {
  const entries = z.object({ data: z.array(z.unknown()) }).parse(reply).data;
  const jobs = entries
    .map(readUpstreamJob)
    .map(({ created, updated, steps, institutionId = "" }) =>
      jobOf({ createdAt: created, updatedAt: updated, steps, institutionId, connectionId: "64011b56" }),
    );
  const ours = renderJobList({ jobs, next: undefined }, "5b3532e0", asked, options);
  const withoutJobType = { ...ours, data: ours.data.map(({ jobType: _, ...rest }) => rest) };
  expect(shapeOf(withoutJobType)).toEqual(shapeOf(reply));
};
const areOurStubs: Check = (reply) =>
  expect(shapeOf(renderStubs([jobOf()], options))).toEqual(shapeOf(reply));
const isConnection: Check = (reply) =>
  expect(readConnection(reply)).toEqual({
    id: "64011b56-988a-4c2c-bfca-16c836cec23f",
    institutionId: "AU00000",
  });
const isConnectionList: Check = (reply) =>
  expect(readConnections(reply)).toMatchObject([{ institutionId: "AU00000" }]);
const isWithoutConnections: Check = (reply) => expect(readConnections(reply)).toEqual([]);
const isEmptyList: Check = (reply) => expect(readUpstreamJobs(reply)).toEqual([]);
const isStub: Check = (reply) => expect(parse(upstreamAcceptedSchema, reply).id).toMatch(/^[0-9a-f-]{36}$/);
const isToken: Check = (reply) => expect(parse(upstreamTokenSchema, reply).expires_in).toBe(3600);
const isInstitution: Check = (reply) =>
  expect(readInstitution(reply)).toMatchObject({
    id: "AU00000",
    authorization: "user",
    status: "operational",
  });
const isError: Check = (reply) => expect(parse(upstreamErrorSchema, reply).data).toHaveLength(1);

const CHECKS: readonly (readonly [name: string, check: Check])[] = [
  ["jobs-getJob", isJob],
  ["jobs-getJobs", isJobList],
  ["jobs-getJobs", isListedByUs],
  ["jobs-getJobsEmpty", isEmptyList],
  ["jobs-getJobsEmpty", isListedByUs],
  ["jobs-postMfa", isStub],
  ["connections-createConnection", isStub],
  ["connections-refreshConnection", isStub],
  ["connections-updateConnection", isStub],
  ["connections-refreshConnections", areOurStubs],
  ["connections-getConnection", isConnection],
  ["connections-getConnections", isConnectionList],
  ["connections-getNewPostedConnection", isConnectionList],
  ["connections-getConnectionsEmpty", isWithoutConnections],
  ["institutions-getInstitution", isInstitution],
  ["institutions-getInstitutionNotFound", isError],
  ["institutions-getInstitutionsUnauthorized", isError],
  ["token-postToken", isToken],
  ["token-postTokenBadRequest", isError],
  ["token-postTokenNotFound", isError],
  ["user-createUserBadRequest", isError],
  ["user-getUserForbidden", isError],
  ["user-userNotFound", isError],
];

const recorded = existsSync(FOLDER) ? readdirSync(FOLDER).map((file) => basename(file, ".json")) : [];
const readable = CHECKS.filter(([name]) => recorded.includes(name));

for (const [name, check] of readable) {
  test(`the recorded reply ${name} is as ours, or read by us: ${check.name}`, () => {
    check(recordedReply(name));
  });
}

test("a recorded reply of another kind is not taken for a job", () => {
  const others = recorded.filter((name) => !name.startsWith("jobs-getJob"));
  const replies = others.map((name): unknown => recordedReply(name));
  for (const reply of [{ type: "connection", id: "64011b56", status: "active" }, ...replies]) {
    expect(() => readUpstreamJob(reply)).toThrow();
  }
});
