import { describe, expect, test } from "vitest";
import { parse, safeParse } from "zod/v4/core";
import { readTokenPayload, tokenPayload } from "../../functions/access/tokens.ts";
import { apiEventSchema } from "../../functions/http/request.ts";
import { jobIdSchema, userIdSchema } from "../../functions/jobs/domain/ids.ts";
import { parseJobRecord } from "../../functions/jobs/store/job-record.ts";
import {
  askInput,
  followOutput,
  giveUpInput,
  jobInput,
  jobOutput,
} from "../../functions/jobs/workflow/handlers.ts";
import { methodsOf, ROUTES } from "../../functions/routes.ts";
import { awaitingJob, JOB_ID, jobOf } from "../support/job-examples.ts";

describe("ids", () => {
  test.each(["a", "ea3a81", "A-b-9", "a".repeat(64)])("a user may be called %s", (id) => {
    expect(safeParse(userIdSchema, id).success).toBe(true);
  });

  test.each(["", "a".repeat(65), "a b", "a/b", "a_b", "é", "a\n", "..", "#"])(
    "no user is called %o",
    (id) => {
      expect(safeParse(userIdSchema, id).success).toBe(false);
    },
  );

  test("a job has a UUID of version 4", () => {
    expect(safeParse(jobIdSchema, JOB_ID).success).toBe(true);
    for (const id of ["61723", JOB_ID.replace("-4c58-", "-1c58-"), `${JOB_ID} `, ""]) {
      expect(safeParse(jobIdSchema, id).success).toBe(false);
    }
  });
});

describe("an event of API Gateway", () => {
  const event = { rawPath: "/health", requestContext: { http: { method: "GET" } } };

  test.each([undefined, null, {}, { accept: "*/*" }, { accept: undefined }])(
    "may have headers %o",
    (headers) => {
      expect(parse(apiEventSchema, { ...event, headers }).headers).toEqual(headers);
    },
  );

  test.each(["accept", 5, [], ["accept"], { accept: 5 }, { accept: null }, { accept: ["*/*"] }])(
    "has no headers like %j",
    (headers) => {
      expect(safeParse(apiEventSchema, { ...event, headers }).success).toBe(false);
    },
  );
});

describe("routes", () => {
  test("are told from their paths with any parameter", () => {
    expect(methodsOf("/users/ea3a81/connections")).toEqual(["POST"]);
    expect(methodsOf("/jobs/1/mfa")).toEqual(["POST"]);
    expect(methodsOf("/jobs/1")).toEqual(["GET", "DELETE"]);
    expect(methodsOf("/users/ea3a81/connections/refresh")).toEqual(["POST"]);
    for (const route of Object.values(ROUTES)) {
      expect(methodsOf(route.path.replaceAll(/\{\w+\}/g, "x"))).toContain(route.method);
    }
  });

  test.each(["/", "/nothing", "/jobs", "/jobs/", "/jobs/1/mfa/2", "/jobs/a/b", "/Token", "/token/"])(
    "are not %s",
    (path) => {
      expect(methodsOf(path)).toEqual([]);
    },
  );
});

describe("what goes through the workflow", () => {
  test("is the job's id and small facts: all else is cut off", () => {
    const more = { jobId: JOB_ID, password: "hooli2016", job: jobOf() };
    expect(parse(jobOutput, more)).toEqual({ jobId: JOB_ID });
    expect(parse(jobInput, more)).toEqual({ jobId: JOB_ID });
    const followed = { ...more, next: "wait", waitSeconds: 5 };
    expect(parse(followOutput, followed)).toEqual({ jobId: JOB_ID, next: "wait", waitSeconds: 5 });
    const held = { jobId: JOB_ID, next: "hold", waitSeconds: 7259 };
    expect(parse(followOutput, { ...held, reason: "x" })).toEqual(held);
    expect(parse(giveUpInput, { ...more, failure: "X" })).toEqual({ jobId: JOB_ID, failure: "X" });
  });

  test("carries the task token as a secret", () => {
    const { taskToken } = parse(askInput, { jobId: JOB_ID, taskToken: "token-text" });
    expect([String(taskToken), taskToken.reveal()]).toEqual(["[secret]", "token-text"]);
  });

  test.each([{}, { jobId: "1" }, { jobId: 5 }, null])("does not start with %j", (input) => {
    expect(safeParse(jobInput, input).success).toBe(false);
  });
});

describe("a job's row", () => {
  test("is read as it was written", () => {
    expect(parseJobRecord(jobOf())).toEqual(jobOf());
    const row = { ...awaitingJob(), pk: "job#1", writeId: "w", expiresAt: 5 };
    expect(parseJobRecord(row)).toEqual(awaitingJob());
  });

  test.each([
    ["an unknown phase", { phase: "paused" }],
    ["a broken version", { version: 1.5 }],
    ["no steps", { steps: undefined }],
    ["a step without a result", { steps: [{ title: "t", status: "success" }] }],
    ["half a link", { steps: [{ title: "t", status: "success", result: { type: "link" } }] }],
    ["half an error", { steps: [{ title: "t", status: "failed", result: { code: "c", title: "t" } }] }],
    ["a result of no kind", { steps: [{ title: "t", status: "success", result: "link" }] }],
    ["an unknown status", { steps: [{ title: "t", status: "done", result: null }] }],
    ["an unknown authorization", { authorization: "none" }],
    ["a challenge without a number", { challenge: { input: [] } }],
    ["an unknown kind", { kind: "delete" }],
    ["a broken generation", { generation: 1.5 }],
    ["a queue that never ends", { queue: { nextAttemptAt: "2026-01-05T11:00:00.000Z" } }],
    ["an unknown reason to wait", { queue: { nextAttemptAt: "", expiresAt: "", reason: "other" } }],
  ])("with %s is none of ours", (_, part) => {
    expect(() => parseJobRecord({ ...jobOf(), ...part })).toThrow();
  });
});

describe("a token's payload", () => {
  test("has the names that published clients look for", () => {
    const claims = { scope: "CLIENT_ACCESS", version: "3.0", userId: "ea3a81" } as const;
    const payload = tokenPayload(claims, 100, 3700);
    expect(payload).toEqual({
      scope: "CLIENT_ACCESS",
      version: "3.0",
      userid: "ea3a81",
      iat: 100,
      exp: 3700,
    });
    expect(readTokenPayload(payload)).toEqual(claims);
  });

  test.each([{}, { scope: "ADMIN", version: "3.0" }, { scope: "SERVER_ACCESS", version: "9" }, null, "x"])(
    "is not %j",
    (payload) => {
      expect(readTokenPayload(payload)).toBeUndefined();
    },
  );

  test("with a user that cannot be one is none", () => {
    expect(readTokenPayload({ scope: "CLIENT_ACCESS", version: "3.0", userid: "a/b" })).toBeUndefined();
  });
});
