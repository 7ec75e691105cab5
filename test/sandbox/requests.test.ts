import { describe, expect, test } from "vitest";
import { connectionsPath, createBody, gavin, openSandbox } from "./open-sandbox.ts";

const route = connectionsPath();
const institution = (id: string) => ({ institution: { id } });

describe("a create", () => {
  test.each([
    [{}, ["id", "loginId", "password"]],
    [gavin, ["id"]],
    [{ userToken: "token:x" }, ["id"]],
    [{ ...gavin, institution: { id: "" } }, ["id"]],
    [{ ...gavin, institution: null }, ["id"]],
    [{ ...institution("AU00000"), loginId: "", password: null }, ["loginId", "password"]],
    [{ ...institution("AU00002"), loginId: "jared" }, ["password"]],
    [institution("AU00006"), ["loginId", "password", "securityCode", "secondaryLoginId"]],
    [{ ...institution("AU00006"), ...gavin, securityCode: "1" }, ["secondaryLoginId"]],
    [{ ...institution("AU19301"), ...gavin }, ["userToken"]],
  ] as const)("with %o is refused with every missing field", async (body, fields) => {
    const bank = await openSandbox();
    const errors = await bank.refused(400, "POST", route, { body });
    expect(errors.map(({ code, source }) => [code, source?.parameter])).toEqual(
      fields.map((field) => ["parameter-not-supplied", field]),
    );
  });

  test.each([
    [{ ...gavin, ...institution("AU99999") }, "id"],
    [{ ...gavin, institution: "AU00000" }, "id"],
    [{ ...gavin, institution: ["AU00000"] }, "id"],
    [{ ...gavin, institution: { id: 7 } }, "id"],
    [{ ...createBody, loginId: 7 }, "loginId"],
    [{ ...createBody, password: ["hooli2016"] }, "password"],
    [{ userToken: {}, ...institution("AU19301") }, "userToken"],
  ])("with %o is refused with the invalid field", async (body, parameter) => {
    const bank = await openSandbox();
    const [error] = await bank.refused(400, "POST", route, { body });
    expect(error).toMatchObject({ code: "parameter-not-valid", source: { parameter } });
  });

  test("names a field as the published API does", async () => {
    const bank = await openSandbox();
    expect(await bank.refused(400, "POST", route, { body: gavin })).toEqual([
      {
        type: "error",
        code: "parameter-not-supplied",
        title: "Required parameter not supplied",
        detail: "Institution ID parameter is required.",
        source: { pointer: "connection/institution/id", parameter: "id" },
      },
    ]);
  });

  test("that is refused stores nothing", async () => {
    const bank = await openSandbox();
    await bank.refused(400, "POST", route, { body: institution("AU00000") });
    expect(await bank.jobsOf()).toEqual([]);
    expect(await bank.connectionsOf()).toEqual([]);
  });

  test("may have unknown fields", async () => {
    const bank = await openSandbox();
    const body = { ...createBody, mobile: 5, extra: { deep: true } };
    expect((await bank.send("POST", route, { body })).status).toBe(202);
  });

  test("must have the content type of JSON", async () => {
    const bank = await openSandbox();
    const text = JSON.stringify(createBody);
    const sent = (type: string) => bank.send("POST", route, { text, headers: { "content-type": type } });
    expect((await sent("text/plain")).status).toBe(415);
    expect((await sent("application/jsonish")).status).toBe(415);
    expect((await sent("application/json; charset=utf-8")).status).toBe(202);
  });
});

describe.each([
  ["POST", route],
  ["PUT", "/_control/institutions/AU00000"],
])("the body of %s %s", (method, path) => {
  test.each(["", "{", "[]", "null", '"text"', '{"password": "hooli2016" x'])(
    "is refused as %j, and not quoted",
    async (text) => {
      const bank = await openSandbox();
      expect((await bank.refused(400, method, path, { text }))[0]?.code).toBe("invalid-content");
      expect(bank.said.at(-1)).not.toContain("hooli2016");
    },
  );

  test("is refused over 64 KiB", async () => {
    const bank = await openSandbox();
    const text = (bytes: number) => `{"x":"${"x".repeat(bytes - 8)}"}`;
    expect((await bank.refused(413, method, path, { text: text(65_537) }))[0]?.code).toBe("invalid-content");
    expect((await bank.send(method, path, { text: text(65_536) })).status).toBe(400);
  });
});
