import { describe, expect, test } from "vitest";
import { gavin, openSandbox } from "./open-sandbox.ts";

const route = "/users/user-1/connections";
const institution = (id: string) => ({ institution: { id } });

const missing = {
  id: ["Institution ID parameter is required.", "connection/institution/id", "id"],
  loginId: ["Login ID parameter is required.", "connection/loginId", "loginId"],
  password: ["Password parameter is required.", "connection/password", "password"],
  userToken: ["User token parameter is required.", "connection/userToken", "userToken"],
  securityCode: ["Security code parameter is required.", "connection/securityCode", "securityCode"],
  secondaryLoginId: [
    "Secondary login ID parameter is required.",
    "connection/secondaryLoginId",
    "secondaryLoginId",
  ],
} as const;

describe("a create that misses fields names them all", () => {
  test.each([
    [{}, ["id", "loginId", "password"]],
    [gavin, ["id"]],
    [{ userToken: "token:x" }, ["id"]],
    [{ ...gavin, institution: {} }, ["id"]],
    [{ ...gavin, institution: { id: "" } }, ["id"]],
    [{ ...gavin, institution: null }, ["id"]],
    [institution("AU00000"), ["loginId", "password"]],
    [{ ...institution("AU00000"), loginId: "", password: null }, ["loginId", "password"]],
    [{ ...institution("AU00002"), loginId: "jared" }, ["password"]],
    [{ ...institution("AU00003"), password: "django" }, ["loginId"]],
    [institution("AU00006"), ["loginId", "password", "securityCode", "secondaryLoginId"]],
    [{ ...institution("AU00006"), ...gavin, securityCode: "1" }, ["secondaryLoginId"]],
    [{ ...institution("AU19301"), ...gavin }, ["userToken"]],
  ] as const)("%o", async (body, fields) => {
    const bank = await openSandbox();
    const errors = await bank.refused(400, "POST", route, { body });
    expect(errors).toEqual(
      fields.map((field) => {
        const [detail, pointer, parameter] = missing[field];
        const title = "Required parameter not supplied";
        return {
          type: "error",
          code: "parameter-not-supplied",
          title,
          detail,
          source: { pointer, parameter },
        };
      }),
    );
  });
});

describe("a create with a field that is not valid", () => {
  test("names the institution that does not exist", async () => {
    const bank = await openSandbox();
    expect(await bank.refused(400, "POST", route, { body: { ...gavin, ...institution("AU99999") } })).toEqual(
      [
        {
          type: "error",
          code: "parameter-not-valid",
          title: "Required parameter not valid",
          detail: "Requested institution does not exist.",
          source: { pointer: "connection/institution/id", parameter: "id" },
        },
      ],
    );
  });

  test.each([
    [{ ...gavin, institution: "AU00000" }, "id"],
    [{ ...gavin, institution: ["AU00000"] }, "id"],
    [{ ...gavin, institution: { id: 7 } }, "id"],
    [{ ...gavin, ...institution("AU00000"), loginId: 7 }, "loginId"],
    [{ ...gavin, ...institution("AU00000"), password: ["hooli2016"] }, "password"],
    [{ userToken: {}, ...institution("AU19301") }, "userToken"],
  ])("%o names the field of the wrong type", async (body, parameter) => {
    const bank = await openSandbox();
    const [error] = await bank.refused(400, "POST", route, { body });
    expect(error).toMatchObject({ code: "parameter-not-valid", source: { parameter } });
  });

  test("keeps nothing", async () => {
    const bank = await openSandbox();
    await bank.refused(400, "POST", route, { body: institution("AU00000") });
    expect(JSON.parse((await bank.send("GET", "/users/user-1/jobs")).text).data).toEqual([]);
    expect(JSON.parse((await bank.send("GET", route)).text).data).toEqual([]);
  });
});

test("fields that nobody knows are ignored", async () => {
  const bank = await openSandbox();
  const body = { ...gavin, ...institution("AU00000"), mobile: 5, extra: { deep: true } };
  expect((await bank.send("POST", route, { body })).status).toBe(202);
});

describe("a body", () => {
  const taking = [
    ["POST", route],
    ["PUT", "/_control/institutions/AU00000"],
  ] as const;

  test.each(taking)("of %s %s that is no JSON object is refused", async (method, path) => {
    const bank = await openSandbox();
    for (const text of ["", "{", "[]", "null", '"text"', "7"]) {
      expect((await bank.refused(400, method, path, { text }))[0]?.code).toBe("invalid-content");
    }
  });

  test("that is no JSON is not quoted back", async () => {
    const bank = await openSandbox();
    expect((await bank.send("POST", route, { text: '{"password": "hooli2016" x' })).text).not.toContain(
      "hooli2016",
    );
  });

  test.each(taking)("of %s %s over 64 KiB is refused, and one of 64 KiB is not", async (method, path) => {
    const bank = await openSandbox();
    const text = (bytes: number) => `{"x":"${"x".repeat(bytes - 8)}"}`;
    expect((await bank.refused(413, method, path, { text: text(65_537) }))[0]?.code).toBe("invalid-content");
    expect((await bank.send(method, path, { text: text(65_536) })).status).toBe(400);
  });

  test("of a create must say that it is JSON", async () => {
    const bank = await openSandbox();
    const text = JSON.stringify({ ...gavin, ...institution("AU00000") });
    const sent = (type: string) => bank.send("POST", route, { text, headers: { "content-type": type } });
    expect((await sent("text/plain")).status).toBe(415);
    expect((await sent("application/jsonish")).status).toBe(415);
    expect((await sent("application/json; charset=utf-8")).status).toBe(202);
  });
});
