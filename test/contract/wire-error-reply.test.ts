import { describe, expect, test } from "vitest";
import * as z from "zod";
import { renderErrors } from "../../functions/http/errors.ts";
import { LOGIN_FIELDS } from "../../functions/jobs/domain/login.ts";
import type { RefusalReason } from "../../functions/jobs/domain/refusal.ts";

const shape = z.strictObject({
  type: z.literal("list"),
  correlationId: z.string(),
  data: z
    .array(
      z.strictObject({
        type: z.literal("error"),
        code: z.string().regex(/^[a-z-]+$/),
        title: z.string().min(1),
        detail: z.string().min(1).optional(),
        source: z.strictObject({ pointer: z.string(), parameter: z.string() }).optional(),
      }),
    )
    .min(1),
});

const TABLE: { [reason in RefusalReason]: [number, string] } = {
  "not-json": [400, "invalid-content"],
  "field-missing": [400, "parameter-not-supplied"],
  "field-not-valid": [400, "parameter-not-valid"],
  "unknown-institution": [400, "parameter-not-valid"],
  "version-not-valid": [400, "parameter-not-valid"],
  "answers-not-valid": [400, "parameter-not-valid"],
  "api-key-not-valid": [404, "parameter-not-valid"],
  "token-not-valid": [401, "invalid-authorization-token"],
  "token-of-another-user": [401, "unauthorized-access"],
  "token-expired": [403, "access-denied"],
  "scope-not-enough": [403, "forbidden-access"],
  "job-not-found": [404, "resource-not-found"],
  "connection-not-found": [404, "resource-not-found"],
  "route-not-found": [404, "resource-not-found"],
  "method-not-allowed": [405, "method-not-allowed"],
  "job-over": [409, "job-already-finished"],
  "job-not-waiting": [409, "job-not-queued"],
  "challenge-not-active": [409, "mfa-challenge-not-active"],
  "challenge-over": [410, "resource-no-longer-available"],
  "body-too-large": [413, "invalid-content"],
  "content-type-not-json": [415, "unsupported-content-type"],
  "content-type-not-form": [415, "unsupported-content-type"],
  "idempotency-key-reused": [422, "parameter-not-valid"],
  "too-many-refused-logins": [429, "too-many-requests"],
  "rate-exceeded": [429, "too-many-requests"],
  "service-unavailable": [503, "service-unavailable"],
};

function reasons(): RefusalReason[] {
  const all: RefusalReason[] = [];
  for (const reason in TABLE) if (isReason(reason)) all.push(reason);
  return all;
}

function isReason(text: string): text is RefusalReason {
  return Object.hasOwn(TABLE, text);
}

describe("the reply to a refusal", () => {
  test.each(reasons())("for %s has the published status, code and shape", (reason) => {
    const { status, body } = renderErrors("c-1", [{ reason }]);
    shape.parse(JSON.parse(JSON.stringify(body)));
    expect([status, body.data[0]?.code]).toEqual(TABLE[reason]);
    expect(body).toMatchObject({ type: "list", correlationId: "c-1" });
  });

  test("for an error of ours says nothing of what went wrong", () => {
    expect(renderErrors("c-1", ["internal"])).toEqual({
      status: 500,
      body: {
        type: "list",
        correlationId: "c-1",
        data: [
          {
            type: "error",
            code: "internal-server-error",
            title: "Internal Server error.",
            detail: "Internal Server error. Contact support.",
          },
        ],
      },
    });
  });

  test.each([
    ["unknown-institution", "Requested institution does not exist."],
    ["api-key-not-valid", "Unable to authenticate. Please, check your API key"],
    ["token-expired", "Token has expired"],
    ["connection-not-found", "Requested connection does not exist."],
    ["job-over", "The job is over and cannot be cancelled."],
    ["job-not-waiting", "Only a job that is queued can be resumed."],
    [
      "too-many-refused-logins",
      "The institution refused several logins in a row. Further ones could lock the account: try again later.",
    ],
    ["idempotency-key-reused", "Idempotency-Key was used with another request."],
  ] as const)("for %s has its detail", (reason, detail) => {
    expect(renderErrors("c", [{ reason }]).body.data[0]?.detail).toBe(detail);
  });
});

describe("a missing field", () => {
  test.each([
    ["loginId", "Login ID parameter is required.", "connection/loginId", "loginId"],
    ["password", "Password parameter is required.", "connection/password", "password"],
    ["userToken", "User token parameter is required.", "connection/userToken", "userToken"],
    ["securityCode", "Security code parameter is required.", "connection/securityCode", "securityCode"],
    [
      "secondaryLoginId",
      "Secondary login ID parameter is required.",
      "connection/secondaryLoginId",
      "secondaryLoginId",
    ],
    ["institution.id", "Institution ID parameter is required.", "connection/institution/id", "id"],
    ["mfa-response", "MFA response parameter is required.", "job/mfa-response", "mfa-response"],
    ["userId", "User ID parameter is required.", "userId", "userId"],
    [
      "Idempotency-Key",
      "Idempotency-Key parameter is required.",
      "header/Idempotency-Key",
      "Idempotency-Key",
    ],
  ])("named %s is named in words and by its place", (field, detail, pointer, parameter) => {
    const { body } = renderErrors("c", [{ reason: "field-missing", field }]);
    expect(body.data).toEqual([
      {
        type: "error",
        code: "parameter-not-supplied",
        title: "Required parameter not supplied",
        detail,
        source: { pointer, parameter },
      },
    ]);
  });

  test("is one entry of as many as are missing, in their order", () => {
    const [first, ...more] = LOGIN_FIELDS.map((field) => ({ reason: "field-missing" as const, field }));
    const { body } = renderErrors("c", [first ?? "internal", ...more]);
    expect(body.data.map(({ source }) => source?.parameter)).toEqual([...LOGIN_FIELDS]);
  });

  test("of a wrong kind is told so", () => {
    const { body } = renderErrors("c", [{ reason: "field-not-valid", field: "password" }]);
    expect(body.data[0]).toMatchObject({
      title: "Required parameter not valid",
      detail: "Password parameter is not valid.",
    });
  });

  test("that no schema of ours has is not named", () => {
    const { body } = renderErrors("c", [{ reason: "field-not-valid", field: "hunter2" }]);
    expect(JSON.stringify(body)).not.toContain("hunter2");
  });
});

describe("a parameter of a query that cannot be used", () => {
  test.each([
    ["filter", "Filter parameter is not valid."],
    ["limit", "Limit parameter is not valid."],
    ["next", "Next parameter is not valid."],
  ])("is named: %s", (field, detail) => {
    const { status, body } = renderErrors("c", [{ reason: "field-not-valid", field }]);
    expect(status).toBe(400);
    expect(body.data).toEqual([
      {
        type: "error",
        code: "parameter-not-valid",
        title: "Required parameter not valid",
        detail,
        source: { pointer: field, parameter: field },
      },
    ]);
  });
});

test("a wrong version is pointed at as recorded", () => {
  const { body } = renderErrors("c", [{ reason: "version-not-valid", field: "basiq-version" }]);
  expect(body.data[0]).toMatchObject({
    detail: "Basiq-version must be specified in HTTP request header",
    source: { parameter: "basiq-version", pointer: "header/basiq-version" },
  });
});
