import { randomUUID } from "node:crypto";
import { describe, expect, test } from "vitest";
import { errorReply } from "../../functions/http/reply-schemas.ts";
import { HOOLI, LOGINS, RAVIGA, TOKEN_BANK } from "./logins.ts";
import { posting, refusal, VALID } from "./posting.ts";
import { target } from "./target.ts";

const { backend, post } = posting(target());

describe("a body", () => {
  test.each([
    ["no JSON", "{loginId"],
    ["empty", ""],
    ["a list", "[]"],
    ["a string", '"text"'],
    ["null", "null"],
  ])("that is %s is invalid content", async (_, body) => {
    expect(refusal(await post(body))).toEqual([400, "invalid-content", [undefined]]);
  });

  test("that is no UTF-8 is invalid content", async () => {
    const reply = await post(Buffer.from([0x7b, 0xff, 0xfe, 0x7d]));
    expect(refusal(reply)).toEqual([400, "invalid-content", [undefined]]);
  });

  test("over 16 KiB is too large, and one of 16 KiB is not", async () => {
    const padded = (size: number) => VALID.replace("}", `},"padding":"${"x".repeat(size)}"`);
    const overhead = Buffer.byteLength(padded(0));
    expect(refusal(await post(padded(16 * 1024 - overhead + 1)))).toEqual([
      413,
      "invalid-content",
      [undefined],
    ]);
    const fits = await post(padded(16 * 1024 - overhead), { userId: randomUUID() });
    expect(fits.status).toBe(202);
  });

  test.each(["text/plain", "application/x-www-form-urlencoded", ""])(
    "of type '%s' is unsupported",
    async (type) => {
      expect(refusal(await post(VALID, { type }))).toEqual([415, "unsupported-content-type", [undefined]]);
    },
  );

  test("with a charset and fields that nobody knows is taken", async () => {
    const body = VALID.replace("{", '{"unknown":{"deep":[1]},"__proto__":{"polluted":true},');
    const options = { type: "application/json; charset=utf-8", userId: randomUUID() };
    expect((await post(body, options)).status).toBe(202);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});

describe("a login", () => {
  test.each([
    ["nothing at all", {}, ["id", "loginId", "password"]],
    ["no institution", LOGINS.gavin, ["id"]],
    ["no institution but a user token", { userToken: "t" }, ["id"]],
    ["no login", { institution: { id: HOOLI } }, ["loginId", "password"]],
    ["an empty password", { ...LOGINS.gavin, password: "", institution: { id: HOOLI } }, ["password"]],
    ["a null login id", { ...LOGINS.gavin, loginId: null, institution: { id: HOOLI } }, ["loginId"]],
    ["no user token", { ...LOGINS.gavin, institution: { id: TOKEN_BANK } }, ["userToken"]],
    ["no codes", { ...LOGINS.gavin, institution: { id: RAVIGA } }, ["securityCode", "secondaryLoginId"]],
  ])("with %s names every missing field at once", async (_, body, fields) => {
    expect(refusal(await post(JSON.stringify(body)))).toEqual([400, "parameter-not-supplied", fields]);
  });

  test("is told in the published words what it misses", async () => {
    const { data } = errorReply.parse((await post("{}")).json);
    expect(data).toEqual(
      [
        ["Institution ID", "connection/institution/id", "id"],
        ["Login ID", "connection/loginId", "loginId"],
        ["Password", "connection/password", "password"],
      ].map(([caption, pointer, parameter]) => ({
        type: "error",
        code: "parameter-not-supplied",
        title: "Required parameter not supplied",
        detail: `${caption} parameter is required.`,
        source: { pointer, parameter },
      })),
    );
  });

  test.each([
    ["numbers", { loginId: 1, password: 2, institution: { id: HOOLI } }, ["loginId", "password"]],
    ["objects", { ...LOGINS.gavin, userToken: { $gt: "" }, institution: { id: HOOLI } }, ["userToken"]],
    ["an institution that is text", { ...LOGINS.gavin, institution: HOOLI }, ["id"]],
    ["an institution id that is a list", { ...LOGINS.gavin, institution: { id: [HOOLI] } }, ["id"]],
  ])("of %s is not valid", async (_, body, fields) => {
    expect(refusal(await post(JSON.stringify(body)))).toEqual([400, "parameter-not-valid", fields]);
  });

  test("longer than can be sealed is not valid", async () => {
    const body = { ...LOGINS.gavin, password: "x".repeat(5_000), institution: { id: HOOLI } };
    expect(refusal(await post(JSON.stringify(body)))).toEqual([400, "parameter-not-valid", ["connection"]]);
  });

  test.each(["AU99999", "../jobs", "a".repeat(10_000)])("for no bank is refused", async (id) => {
    const reply = await post(JSON.stringify({ ...LOGINS.gavin, institution: { id } }));
    expect(refusal(reply)).toEqual([400, "parameter-not-valid", ["id"]]);
    expect(errorReply.parse(reply.json).data[0]?.detail).toBe("Requested institution does not exist.");
  });

  test.each(["a_b", "a.b", "%20", "x".repeat(65), "a%2Fb"])("of the user %s is not valid", async (userId) => {
    expect(refusal(await post(VALID, { userId }))).toEqual([400, "parameter-not-valid", ["userId"]]);
  });
});

test("nothing of all that was refused reached a bank", async () => {
  expect(await backend().loginsSent()).toBe(0);
});
