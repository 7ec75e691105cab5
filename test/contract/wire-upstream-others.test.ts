import { describe, expect, test } from "vitest";
import { parse, safeParse } from "zod/v4/core";
import {
  readInstitution,
  readUpstreamError,
  upstreamAcceptedSchema,
  upstreamErrorSchema,
  upstreamTokenSchema,
} from "../../functions/aggregators/basiq/replies.ts";

describe("an institution", () => {
  const record = {
    type: "institution",
    id: "AU00000",
    authorization: "user",
    status: "operational",
    stats: {},
  };

  test("is read with what a job needs", () => {
    expect(readInstitution(record)).toEqual({
      id: "AU00000",
      authorization: "user",
      needsSecurityCode: false,
      needsSecondaryLoginId: false,
      status: "operational",
    });
  });

  test.each([
    ["user", "user"],
    ["token", "token"],
    ["user-token", "token"],
    ["user-mfa", "user-mfa"],
    ["user-mfa-intermittent", "user-mfa-intermittent"],
    ["other", "user"],
    ["constructor", "user"],
    ["__proto__", "user"],
    ["", "user"],
    [null, "user"],
    [undefined, "user"],
  ])("of authorization %s is a %s", (authorization, expected) => {
    expect(readInstitution({ ...record, authorization }).authorization).toBe(expected);
  });

  test.each([
    [{ securityCodeCaption: "Code", secondaryLoginIdCaption: "Branch" }, true],
    [{ securityCodeCaption: "", secondaryLoginIdCaption: "" }, false],
    [{ securityCodeCaption: null, secondaryLoginIdCaption: null }, false],
  ])("with the captions %j needs more: %s", (captions, expected) => {
    const { needsSecurityCode, needsSecondaryLoginId } = readInstitution({ ...record, ...captions });
    expect([needsSecurityCode, needsSecondaryLoginId]).toEqual([expected, expected]);
  });

  test.each([undefined, null])("with a status of %s is taken as operational", (status) => {
    expect(readInstitution({ ...record, status }).status).toBe("operational");
  });

  test.each([
    [null],
    [{}],
    [{ ...record, id: 5 }],
    [{ ...record, status: 5 }],
    [{ ...record, authorization: {} }],
  ])("is not %j", (reply) => {
    expect(() => readInstitution(reply)).toThrow();
  });
});

describe("an accepted job", () => {
  test("has an id, whatever else", () => {
    expect(parse(upstreamAcceptedSchema, { type: "job", id: "j", links: {} })).toEqual({ id: "j" });
  });

  test.each([[{}], [{ id: "" }], [{ id: 5 }], [null], ["j"]])("is not %j", (reply) => {
    expect(safeParse(upstreamAcceptedSchema, reply).success).toBe(false);
  });
});

describe("a token", () => {
  test("has a text and a life", () => {
    const reply = { access_token: "t", expires_in: 3600, token_type: "Bearer" };
    expect(parse(upstreamTokenSchema, reply)).toEqual({ access_token: "t", expires_in: 3600 });
  });

  test.each([
    [{ access_token: "", expires_in: 1 }],
    [{ access_token: "t" }],
    [{ access_token: "t", expires_in: "1" }],
  ])("is not %j", (reply) => {
    expect(safeParse(upstreamTokenSchema, reply).success).toBe(false);
  });
});

describe("an error", () => {
  test("may lack all but its code", () => {
    const data = [{ code: "x" }, { code: "y", title: null, detail: "d", source: null }];
    expect(parse(upstreamErrorSchema, { data }).data.map(({ code }) => code)).toEqual(["x", "y"]);
  });

  test.each([[{ data: [] }], [{ data: [{}] }], [{ error: "down" }], [null]])("is not %j", (reply) => {
    expect(readUpstreamError(reply)).toBeUndefined();
  });
});
