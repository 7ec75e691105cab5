import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { type Institution, isAvailable } from "../../functions/jobs/domain/institution.ts";
import { claimOf } from "../../functions/jobs/domain/job.ts";
import {
  blockedForMs,
  LOCKOUT_MS,
  LOGIN_FIELDS,
  type Login,
  likelyMandatoryFields,
  mandatoryFields,
  mandatoryFieldsOfUpdate,
  missingFields,
  noteRefused,
  packLogin,
  unpackLogin,
} from "../../functions/jobs/domain/login.ts";
import { Secret } from "../../functions/jobs/domain/secret.ts";
import { START } from "../support/fake-clock.ts";
import { gavin, jobOf, USER_ID } from "../support/job-examples.ts";

const bank: Institution = {
  id: "AU00000",
  authorization: "user",
  needsSecurityCode: false,
  needsSecondaryLoginId: false,
  status: "operational",
};

test.each([
  ["operational", true],
  ["degraded-performance", true],
  ["under-maintenance", true],
  ["partial-outage", false],
  ["a-new-status", false],
])("an institution that is %s is available: %s", (status, expected) => {
  expect(isAvailable({ status })).toBe(expected);
});

describe("a login", () => {
  test.each([
    [{}, ["loginId", "password"]],
    [{ authorization: "user-mfa" }, ["loginId", "password"]],
    [{ needsSecurityCode: true }, ["loginId", "password", "securityCode"]],
    [{ needsSecondaryLoginId: true }, ["loginId", "password", "secondaryLoginId"]],
    [
      { authorization: "token", needsSecurityCode: true, needsSecondaryLoginId: true },
      ["userToken", "securityCode", "secondaryLoginId"],
    ],
  ] as const)("at an institution with %j needs %j", (more, fields) => {
    expect(mandatoryFields({ ...bank, ...more })).toEqual(fields);
  });

  test.each([
    ["user", ["password"]],
    ["user-mfa", ["password"]],
    ["token", ["userToken"]],
  ] as const)("of a connection at an institution of %s needs only %j", (authorization, fields) => {
    expect(mandatoryFieldsOfUpdate({ authorization })).toEqual(fields);
  });

  test("is refused with the fields that it lacks", () => {
    expect(missingFields(gavin, ["loginId", "password", "securityCode"])).toEqual(["securityCode"]);
    expect(missingFields({}, ["userToken"])).toEqual(["userToken"]);
    expect(likelyMandatoryFields({})).toEqual(["loginId", "password"]);
    expect(likelyMandatoryFields({ userToken: new Secret("t") })).toEqual([]);
  });

  test("is the same after packing and unpacking, whatever its text", () => {
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

  test.each(['{"loginId":5,"password":null,"pin":"1"}', "null", '"text"'])(
    "unpacked from %s has no field that is no text or has another name",
    (packed) => {
      expect(unpackLogin(new Secret(packed))).toEqual({});
    },
  );

  function revealed(login: Login) {
    return Object.fromEntries(Object.entries(login).map(([field, secret]) => [field, secret.reveal()]));
  }
});

describe("refused logins", () => {
  const MINUTES_15 = 15 * 60_000;
  const at = (ms: number) => new Date(Date.parse(START) + ms);
  const until = at(MINUTES_15);
  const noted = (...jobIds: string[]) => ({ jobIds, blockedUntil: until.toISOString() });

  test("are noted by their jobs, the last three in their order, with the end of the lock-out", () => {
    expect(noteRefused(undefined, "a", until)).toEqual(noted("a"));
    expect(noteRefused(noted("a"), "b", until)).toEqual(noted("a", "b"));
    const old = { jobIds: ["a", "b", "c"], blockedUntil: START };
    expect(noteRefused(old, "d", until)).toEqual(noted("b", "c", "d"));
  });

  test("of one job count once", () => {
    expect(noteRefused(noted("a"), "a", at(9e9))).toBeUndefined();
    expect(noteRefused(noted("a", "b", "c"), "b", at(9e9))).toBeUndefined();
  });

  test("block a further login after three in a row, until the lock-out of 15 minutes ends", () => {
    expect(LOCKOUT_MS).toBe(MINUTES_15);
    for (const row of [undefined, noted("a"), noted("a", "b")]) expect(blockedForMs(row, at(0))).toBe(0);
    const row = noted("a", "b", "c");
    expect(blockedForMs(row, at(0))).toBe(MINUTES_15);
    expect(blockedForMs(row, at(MINUTES_15 - 1))).toBe(1);
    expect(blockedForMs(row, at(MINUTES_15))).toBe(0);
    expect(blockedForMs(row, at(MINUTES_15 + 1))).toBe(0);
  });
});

test.each([
  ["create", undefined, { institutionId: "AU00000" }],
  ["create", "8fce3b", { institutionId: "AU00000" }],
  ["update", "8fce3b", { connectionId: "8fce3b" }],
  ["refresh", "8fce3b", { connectionId: "8fce3b" }],
] as const)("a job that is a %s of connection %s claims %o", (kind, connectionId, expected) => {
  expect(claimOf(jobOf({ kind, connectionId }))).toEqual({ userId: USER_ID, ...expected });
});
