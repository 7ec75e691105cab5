import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { packAnswers, unpackAnswers } from "../../functions/jobs/domain/challenge.ts";
import { type Institution, isAvailable, mayAskForMfa } from "../../functions/jobs/domain/institution.ts";
import {
  LOGIN_FIELDS,
  type Login,
  likelyMandatoryFields,
  mandatoryFields,
  missingFields,
  packLogin,
  unpackLogin,
} from "../../functions/jobs/domain/login.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { gavin } from "../support/job-examples.ts";

const bank: Institution = {
  id: "AU00000",
  authorization: "user",
  needsSecurityCode: false,
  needsSecondaryLoginId: false,
  status: "operational",
};

describe("an institution", () => {
  test.each([
    ["operational", true],
    ["degraded-performance", true],
    ["under-maintenance", true],
    ["partial-outage", false],
    ["major-outage", false],
    ["something-new", false],
  ])("that is %s is available: %s", (status, expected) => {
    expect(isAvailable({ status })).toBe(expected);
  });

  test.each([
    ["user", false],
    ["token", false],
    ["user-mfa", true],
    ["user-mfa-intermittent", true],
  ] as const)("of authorization %s may ask: %s", (authorization, expected) => {
    expect(mayAskForMfa(authorization)).toBe(expected);
  });

  test.each([
    [{}, ["loginId", "password"]],
    [{ authorization: "token" }, ["userToken"]],
    [{ authorization: "user-mfa" }, ["loginId", "password"]],
    [{ authorization: "user-mfa-intermittent" }, ["loginId", "password"]],
    [{ needsSecurityCode: true }, ["loginId", "password", "securityCode"]],
    [{ needsSecondaryLoginId: true }, ["loginId", "password", "secondaryLoginId"]],
    [
      { authorization: "token", needsSecurityCode: true, needsSecondaryLoginId: true },
      ["userToken", "securityCode", "secondaryLoginId"],
    ],
  ] as const)("of %j needs %j", (more, fields) => {
    expect(mandatoryFields({ ...bank, ...more })).toEqual(fields);
  });
});

describe("a login", () => {
  test("is asked for the fields that it lacks", () => {
    expect(missingFields(gavin, ["loginId", "password", "securityCode"])).toEqual(["securityCode"]);
    expect(missingFields({}, ["userToken"])).toEqual(["userToken"]);
  });

  test("without an institution is taken for the commonest kind, unless it holds a token", () => {
    expect(likelyMandatoryFields({})).toEqual(["loginId", "password"]);
    expect(likelyMandatoryFields({ userToken: new Secret("t") })).toEqual([]);
  });

  test("is itself again after packing, whatever its text", () => {
    const text = fc.option(fc.string({ unit: "binary", maxLength: 30 }), { nil: undefined });
    const fields = fc.record(Object.fromEntries(LOGIN_FIELDS.map((field) => [field, text])));
    fc.assert(
      fc.property(fields, (texts) => {
        const login: Login = {};
        for (const field of LOGIN_FIELDS) {
          const value = texts[field];
          if (value !== undefined) login[field] = new Secret(value);
        }
        expect(revealed(unpackLogin(packLogin(login)))).toEqual(revealed(login));
      }),
    );
  });

  test("holds nothing that is no text, and nothing of another name", () => {
    expect(unpackLogin(new Secret('{"loginId":5,"password":null,"pin":"1"}'))).toEqual({});
    expect(unpackLogin(new Secret("null"))).toEqual({});
    expect(unpackLogin(new Secret('"text"'))).toEqual({});
  });
});

describe("answers", () => {
  test("are themselves again after packing, in their order", () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: "binary" })), (texts) => {
        const unpacked = unpackAnswers(packAnswers(texts.map((text) => new Secret(text))));
        expect(unpacked.map((answer) => answer.reveal())).toEqual(texts);
      }),
    );
  });

  test("are none when what was packed is no list", () => {
    expect(unpackAnswers(new Secret("{}"))).toEqual([]);
  });
});

function revealed(login: Login) {
  return Object.fromEntries(Object.entries(login).map(([field, secret]) => [field, secret.reveal()]));
}
