import { describe, expect, test } from "vitest";
import { parseTokenRequest } from "../../functions/access/token-request.ts";
import { parseConnectionRequest, parseMfaRequest } from "../../functions/jobs/api/requests.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";

function problemsOf(parse: () => unknown) {
  try {
    parse();
  } catch (error) {
    if (error instanceof Refusal)
      return error.problems.map(({ reason, field }) => `${reason} ${field ?? ""}`.trim());
    throw error;
  }
  return [];
}

const shown = (body: object) => {
  const { institutionId, login } = parseConnectionRequest(body);
  const fields = Object.entries(login).map(([field, secret]) => [field, secret.reveal()]);
  return { institutionId, login: Object.fromEntries(fields) };
};

describe("a request for a connection", () => {
  const body = { loginId: "gavinBelson", password: "hooli2016", institution: { id: "AU00000" } };
  const login = { loginId: "gavinBelson", password: "hooli2016" };

  test("is read without what we do not know", () => {
    const extras = { ...body, mobile: "+61", institution: { id: "AU00000", name: "x" }, __v: 1 };
    expect(shown(extras)).toEqual({ institutionId: "AU00000", login });
  });

  test.each([null, "", undefined])("may hold %o for a field that it has not", (nothing) => {
    const sparse = { ...body, securityCode: nothing, secondaryLoginId: nothing, userToken: nothing };
    expect(shown(sparse).login).toEqual(login);
  });

  test.each([
    ["no institution", {}],
    ["null for an institution", { institution: null }],
    ["an institution without an id", { institution: {} }],
    ["null for an id", { institution: { id: null } }],
    ["nothing for an id", { institution: { id: "" } }],
  ])("may have %s: another place says what is missing", (_, part) => {
    expect(shown({ ...login, ...part }).institutionId).toBeUndefined();
  });

  test("keeps every character of a password", () => {
    const password = ' \u0000"\\\ud83d\ude00\u2028\ud800 ';
    expect(shown({ ...body, password }).login).toEqual({ ...login, password });
  });

  test.each([
    [{ loginId: 5 }, ["field-not-valid loginId"]],
    [{ password: ["hooli2016"] }, ["field-not-valid password"]],
    [{ institution: "AU00000" }, ["field-not-valid institution.id"]],
    [{ institution: ["AU00000"] }, ["field-not-valid institution.id"]],
    [{ institution: { id: 5 } }, ["field-not-valid institution.id"]],
    [{ loginId: true, userToken: {} }, ["field-not-valid loginId", "field-not-valid userToken"]],
    [{ institution: { id: "../users" } }, ["unknown-institution institution.id"]],
    [{ institution: { id: "A".repeat(65) } }, ["unknown-institution institution.id"]],
    [{ institution: { id: "AU00000\n" } }, ["unknown-institution institution.id"]],
  ])("with %j is refused", (part, problems) => {
    expect(problemsOf(() => parseConnectionRequest({ ...body, ...part }))).toEqual(problems);
  });

  test("may be as large as can be sealed, and not larger", () => {
    const overhead = JSON.stringify({ loginId: "", password: "" }).length;
    const fits = { loginId: "l", password: "p".repeat(4096 - overhead - 1) };
    expect(problemsOf(() => parseConnectionRequest(fits))).toEqual([]);
    const tooLarge = { ...fits, password: `${fits.password}p` };
    expect(problemsOf(() => parseConnectionRequest(tooLarge))).toEqual(["field-not-valid connection"]);
    const wide = { ...fits, password: "\u00e9".repeat(2500) };
    expect(problemsOf(() => parseConnectionRequest(wide))).toEqual(["field-not-valid connection"]);
  });
});

describe("an answer", () => {
  test("is a list of texts", () => {
    const answers = parseMfaRequest({ "mfa-response": ["Basiq", " AU00000 "], extra: 1 });
    expect(answers.map((answer) => answer.reveal())).toEqual(["Basiq", " AU00000 "]);
  });

  test("may not be left out", () => {
    expect(problemsOf(() => parseMfaRequest({ "mfa-answer": ["1"] }))).toEqual([
      "field-missing mfa-response",
    ]);
  });

  test.each([
    ["a text", "1234"],
    ["a number", 1234],
    ["null", null],
    ["an object", { 0: "1234" }],
    ["an empty list", []],
    ["a list of numbers", [1234]],
    ["a list with a hole", [null]],
    ["an empty text", [""]],
    ["a blank text", ["1234", " \t\n"]],
    ["a list in a list", [["1234"]]],
    ["more than can be sealed", ["x".repeat(4096)]],
  ])("that is %s is refused", (_, value) => {
    expect(problemsOf(() => parseMfaRequest({ "mfa-response": value }))).toEqual([
      "answers-not-valid mfa-response",
    ]);
  });
});

describe("a request for a token", () => {
  const request = { authorization: "Basic key==", version: "3.0", body: "" };
  const read = (more: Partial<Parameters<typeof parseTokenRequest>[0]>) =>
    parseTokenRequest({ ...request, ...more });

  test("asks for a server's by default", () => {
    const { apiKey, ...rest } = read({});
    expect(rest).toEqual({ version: "3.0", scope: "SERVER_ACCESS", userId: undefined });
    expect(apiKey?.reveal()).toBe("key==");
  });

  test.each(["2.0", "2.1", "3.0"])("may be of version %s", (version) => {
    expect(read({ version }).version).toBe(version);
  });

  test("may ask for a client's of a user", () => {
    const body = "scope=CLIENT_ACCESS&userId=ea3a81-7&x=y";
    expect(read({ body })).toMatchObject({ scope: "CLIENT_ACCESS", userId: "ea3a81-7" });
    expect(read({ body: "scope=&userId=" })).toMatchObject({ scope: "SERVER_ACCESS", userId: undefined });
  });

  test.each([
    ["basic key", "key"],
    ["BASIC  key", "key"],
    ["Bearer key", undefined],
    ["key", undefined],
    ["Basic", undefined],
    ["Basic a b", undefined],
    ["", undefined],
    [undefined, undefined],
  ])("with the header %o has the key %s", (authorization, key) => {
    expect(read({ authorization }).apiKey?.reveal()).toBe(key);
  });

  test.each([
    [{ version: undefined }, "version-not-valid basiq-version"],
    [{ version: "1.0" }, "version-not-valid basiq-version"],
    [{ version: "constructor" }, "version-not-valid basiq-version"],
    [{ body: "scope=ADMIN" }, "field-not-valid scope"],
    [{ body: "userId=a/b" }, "field-not-valid userId"],
    [{ body: `userId=${"a".repeat(65)}` }, "field-not-valid userId"],
  ])("with %j is refused", (more, problem) => {
    expect(problemsOf(() => read(more))).toEqual([problem]);
  });
});
