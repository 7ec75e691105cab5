import { describe, expect, test } from "vitest";
import { renderErrors } from "../../functions/http/errors.ts";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { LOGIN_FIELDS } from "../../functions/jobs/domain/login.ts";

test("every refusal has the published shape, and the id by which the log has it", () => {
  const id = "1c16f75c-36fb-421f-98a5-bf18a0b6583c";
  const { status, body } = renderErrors(id, [{ reason: "job-not-found" }]);
  const { correlationId, data } = errorReply.parse(JSON.parse(JSON.stringify(body)));
  expect([correlationId, status, data[0]?.code]).toEqual([id, 404, "resource-not-found"]);
});

test("the reply to an internal error says nothing of its cause", () => {
  const { status, body } = renderErrors("c-1", ["internal"]);
  expect([status, body.data]).toEqual([
    500,
    [
      {
        type: "error",
        code: "internal-server-error",
        title: "Internal Server error.",
        detail: "Internal Server error. Contact support.",
      },
    ],
  ]);
});

test("the reply to an answer that the bank refused has the bank's own words", () => {
  const words = { code: "invalid-credentials", title: "Wrong code", detail: "The code is wrong." };
  const { status, body } = renderErrors("c-1", [{ reason: "answer-refused", words }]);
  expect([status, body.data]).toEqual([400, [{ type: "error", ...words }]]);
});

test("the refusal of a login in the aggregator's Consent UI names the link to make instead", () => {
  const { body } = renderErrors("c-1", [{ reason: "connects-in-consent-ui" }]);
  expect(body.data[0]?.detail).toContain("POST /users/{userId}/auth_link");
});

describe("a field of a request that is refused", () => {
  test.each([
    ["loginId", "Login ID", "connection/loginId", "loginId"],
    ["institution.id", "Institution ID", "connection/institution/id", "id"],
    ["mfa-response", "MFA response", "job/mfa-response", "mfa-response"],
    ["userId", "User ID", "userId", "userId"],
    ["filter", "Filter", "filter", "filter"],
    ["Idempotency-Key", "Idempotency-Key", "header/Idempotency-Key", "Idempotency-Key"],
    ["basiq-version", "Basiq-version", "header/basiq-version", "basiq-version"],
  ])("is named by its caption and its place: %s", (field, caption, pointer, parameter) => {
    const source = { pointer, parameter };
    expect(renderErrors("c", [{ reason: "field-missing", field }]).body.data).toEqual([
      {
        type: "error",
        code: "parameter-not-supplied",
        title: "Required parameter not supplied",
        detail: `${caption} parameter is required.`,
        source,
      },
    ]);
    const detail = `${caption} parameter is not valid.`;
    const notValid = renderErrors("c", [{ reason: "field-not-valid", field }]);
    expect(notValid.body.data).toMatchObject([{ title: "Required parameter not valid", detail, source }]);
  });

  test("has one entry of its own, in the order of the fields", () => {
    const [first, ...more] = LOGIN_FIELDS.map((field) => ({ reason: "field-missing" as const, field }));
    const { body } = renderErrors("c", [first ?? "internal", ...more]);
    expect(body.data.map(({ source }) => source?.parameter)).toEqual([...LOGIN_FIELDS]);
  });

  test("is not named when it is in no schema of ours", () => {
    const { body } = renderErrors("c", [{ reason: "field-not-valid", field: "hunter2" }]);
    expect(JSON.stringify(body)).not.toContain("hunter2");
  });
});
