import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { upstreamErrorSchema } from "../../functions/wire/upstream-error-reader.ts";
import { readInstitution } from "../../functions/wire/upstream-institution-reader.ts";
import { readUpstreamJob, readUpstreamJobs } from "../../functions/wire/upstream-job-reader.ts";
import { upstreamAcceptedSchema, upstreamTokenSchema } from "../../functions/wire/upstream-replies.ts";

/** Replies that the publisher's own tests recorded. They are kept beside the project, and may be absent. */
const FOLDER = join(import.meta.dirname, "../../../shared/reference/recorded");

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
const isEmptyList: Check = (reply) => expect(readUpstreamJobs(reply)).toEqual([]);
const isStub: Check = (reply) => expect(upstreamAcceptedSchema.parse(reply).id).toMatch(/^[0-9a-f-]{36}$/);
const isToken: Check = (reply) => expect(upstreamTokenSchema.parse(reply).expires_in).toBe(3600);
const isInstitution: Check = (reply) =>
  expect(readInstitution(reply)).toMatchObject({
    id: "AU00000",
    authorization: "user",
    status: "operational",
  });
const isError: Check = (reply) => expect(upstreamErrorSchema.parse(reply).data).toHaveLength(1);

const CHECKS = new Map<string, Check>([
  ["jobs-getJob", isJob],
  ["jobs-getJobs", isJobList],
  ["jobs-getJobsEmpty", isEmptyList],
  ["jobs-postMfa", isStub],
  ["connections-createConnection", isStub],
  ["connections-refreshConnection", isStub],
  ["connections-updateConnection", isStub],
  ["institutions-getInstitution", isInstitution],
  ["institutions-getInstitutionNotFound", isError],
  ["institutions-getInstitutionsUnauthorized", isError],
  ["token-postToken", isToken],
  ["token-postTokenBadRequest", isError],
  ["token-postTokenNotFound", isError],
  ["user-createUserBadRequest", isError],
  ["user-getUserForbidden", isError],
  ["user-userNotFound", isError],
]);

const recorded = existsSync(FOLDER) ? readdirSync(FOLDER).map((file) => basename(file, ".json")) : [];
const readable = [...CHECKS].filter(([name]) => recorded.includes(name));

for (const [name, check] of readable) {
  test(`the recorded reply ${name} is read`, () => {
    check(JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")));
  });
}

test("a recorded reply of another kind is not taken for a job", () => {
  const others = recorded.filter((name) => !name.startsWith("jobs-getJob"));
  const replies = others.map((name): unknown =>
    JSON.parse(readFileSync(join(FOLDER, `${name}.json`), "utf8")),
  );
  for (const reply of [{ type: "connection", id: "64011b56", status: "active" }, ...replies]) {
    expect(() => readUpstreamJob(reply)).toThrow();
  }
});
