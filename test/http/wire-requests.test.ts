import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parse, safeParse } from "zod/v4/core";
import { parseTokenRequest } from "../../functions/access/token-request.ts";
import { renderErrors } from "../../functions/http/errors.ts";
import { apiEventSchema } from "../../functions/http/request.ts";
import {
  parseConnectionRequest,
  parseListRequest,
  parseMfaRequest,
} from "../../functions/jobs/api/requests.ts";
import { connectionIdSchema, jobIdSchema, userIdSchema } from "../../functions/jobs/domain/ids.ts";
import { LOGIN_FIELDS } from "../../functions/jobs/domain/login.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { methodsOf, ROUTES } from "../../functions/routes.ts";
import { JOB_ID } from "../support/job-examples.ts";

/** The problems of a refused request, as `reason field`; none if it is accepted. */
function problemsOf(read: () => unknown) {
  try {
    read();
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    return error.problems.map(({ reason, field }) => `${reason} ${field ?? ""}`.trim());
  }
  return [];
}

describe("a request for a connection", () => {
  const login = { loginId: "gavinBelson", password: "hooli2016" };
  const body = { ...login, institution: { id: "AU00000" } };
  const readFrom = (given: object) => {
    const { institutionId, login: read } = parseConnectionRequest(given);
    const fields = Object.entries(read).map(([field, secret]) => [field, secret.reveal()]);
    return { institutionId, login: Object.fromEntries(fields) };
  };

  test("is read without unknown fields", () => {
    const extras = { ...body, mobile: "+61", institution: { id: "AU00000", name: "x" }, __v: 1 };
    expect(readFrom(extras)).toEqual({ institutionId: "AU00000", login });
  });

  test.each([null, "", undefined])("may hold %o for a missing value", (nothing) => {
    const sparse = { ...login, securityCode: nothing, secondaryLoginId: nothing, userToken: nothing };
    for (const institution of [undefined, null, {}, { id: nothing }]) {
      expect(readFrom({ ...sparse, institution })).toEqual({ institutionId: undefined, login });
    }
  });

  test("whose login id has only blanks lacks it, and keeps the blanks of other fields", () => {
    const blank = { loginId: " \t\n", password: " ", userToken: " " };
    expect(readFrom({ ...body, ...blank }).login).toEqual({ password: " ", userToken: " " });
    expect(readFrom({ ...body, loginId: " gavin " }).login).toEqual({ ...login, loginId: " gavin " });
  });

  test("keeps every character of a password", () => {
    const password = ' \u0000"\\\ud83d\ude00\u2028\ud800 ';
    expect(readFrom({ ...body, password }).login).toEqual({ ...login, password });
  });

  test.each([
    [{ loginId: 5 }, ["field-not-valid loginId"]],
    [{ password: ["hooli2016"] }, ["field-not-valid password"]],
    [{ institution: "AU00000" }, ["field-not-valid institution.id"]],
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
    const problems = (password: string) =>
      problemsOf(() => parseConnectionRequest({ loginId: "l", password }));
    const longest = "p".repeat(4096 - overhead - 1);
    expect(problems(longest)).toEqual([]);
    expect(problems(`${longest}p`)).toEqual(["field-not-valid connection"]);
    expect(problems("\u00e9".repeat(2500))).toEqual(["field-not-valid connection"]);
  });
});

describe("an answer", () => {
  test("is a list of texts", () => {
    const answers = parseMfaRequest({ "mfa-response": ["Basiq", " AU00000 "], extra: 1 });
    expect(answers.map((answer) => answer.reveal())).toEqual(["Basiq", " AU00000 "]);
  });

  test("that is missing is refused", () => {
    const problems = problemsOf(() => parseMfaRequest({ "mfa-answer": ["1"] }));
    expect(problems).toEqual(["field-missing mfa-response"]);
  });

  test("of another form is refused", () => {
    const noList = ["1234", 1234, null, { 0: "1234" }];
    const noTexts = [[], [1234], [null], [["1234"]], [""], ["1234", " \t\n"]];
    for (const value of [...noList, ...noTexts, ["x".repeat(4096)]]) {
      const problems = problemsOf(() => parseMfaRequest({ "mfa-response": value }));
      expect([value, problems]).toEqual([value, ["answers-not-valid mfa-response"]]);
    }
  });
});

describe("a request for a token", () => {
  const read = (more: Partial<Parameters<typeof parseTokenRequest>[0]>) =>
    parseTokenRequest({ authorization: "Basic key==", version: "3.0", fields: {}, ...more });

  test("asks for a token of a server, unless it asks for one of a client", () => {
    const { apiKey, ...rest } = read({});
    expect(rest).toEqual({ version: "3.0", scope: "SERVER_ACCESS", userId: undefined });
    expect(apiKey?.reveal()).toBe("key==");
    expect(read({ fields: { scope: "", userId: null } })).toMatchObject(rest);
    const fields = { scope: "CLIENT_ACCESS", userId: "EA3A81-7" };
    expect(read({ fields })).toMatchObject({ scope: "CLIENT_ACCESS", userId: "ea3a81-7" });
  });

  test.each([
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
    [{ version: "2.0" }, []],
    [{ version: "2.1" }, []],
    [{ version: undefined }, ["version-not-valid basiq-version"]],
    [{ version: "1.0" }, ["version-not-valid basiq-version"]],
    [{ version: "constructor" }, ["version-not-valid basiq-version"]],
    [{ fields: { scope: "ADMIN" } }, ["field-not-valid scope"]],
    [{ fields: { scope: false } }, ["field-not-valid scope"]],
    [{ fields: { userId: "a/b" } }, ["field-not-valid userId"]],
    [{ fields: { userId: "a".repeat(65) } }, ["field-not-valid userId"]],
  ])("with %j has the problems %j", (more, problems) => {
    expect(problemsOf(() => read(more))).toEqual(problems);
  });
});

describe("a request for a list", () => {
  const read = (query: { [name: string]: string }) => parseListRequest((name) => query[name]);
  const all = { limit: 500, from: undefined, connectionId: undefined, institutionId: undefined };
  const cursor = `2026-01-05T09:00:00.000Z_${JOB_ID}`;
  const both = { connectionId: "a-b_9", institutionId: "AU00000" };

  test.each([
    [{}, {}],
    [{ mobile: "x" }, {}],
    [{ filter: "connection.id.eq('8fce3b')" }, { connectionId: "8fce3b" }],
    [{ filter: "connection.id.eq('8FCE3B')" }, { connectionId: "8fce3b" }],
    [{ filter: "connection.id.eq('a-b_9'),institution.id.eq('AU00000')" }, both],
    [{ filter: " institution.id.eq('AU00000') , connection.id.eq('a-b_9')" }, both],
    [{ limit: "1" }, { limit: 1 }],
    [{ limit: "500" }, { limit: 500 }],
    [
      { next: cursor, limit: "25" },
      { from: cursor, limit: 25 },
    ],
  ])("with %j asks for %j", (query, expected) => {
    expect(read(query)).toEqual({ ...all, ...expected });
  });

  test.each([
    ["filter", "connection.id.eq(8fce3b)"],
    ["filter", "connection.id.eq('')"],
    ["filter", "connection.id.eq('a/b')"],
    ["filter", "connection.id.eq('a'b')"],
    ["filter", `connection.id.eq('${"x".repeat(65)}')`],
    ["filter", "connection.id.eq('a\n')"],
    ["filter", "connection.id.eq('a'),"],
    ["filter", "connection.id.eq('a'),connection.id.eq('b')"],
    ["filter", "connection.id.neq('a')"],
    ["filter", "connection.status.eq('active')"],
    ["filter", "user.id.eq('a')"],
    ["filter", "constructor"],
    ["limit", "0"],
    ["limit", "501"],
    ["limit", "+1"],
    ["limit", "1.5"],
    ["limit", "1e2"],
    ["limit", "007"],
    ["limit", "1\n"],
    ["next", "2"],
    ["next", JOB_ID],
    ["next", `_${JOB_ID}`],
    ["next", `${cursor}_`],
    ["next", ` ${cursor}`],
    ["next", `${cursor}\n`],
    ["next", cursor.replace(".000Z", "Z")],
    ["next", cursor.replace("-4c58-", "-1c58-")],
  ])("is refused for its %s %j, by name", (name, value) => {
    expect(problemsOf(() => read({ [name]: value }))).toEqual([`field-not-valid ${name}`]);
  });

  test("of any text is accepted or refused by name", () => {
    const text = fc.oneof(
      fc.string({ unit: "binary" }),
      fc.constantFrom("__proto__", "connection.id.eq('", "')", ",", "_", cursor),
      fc.string().map((noise) => `connection.id.eq('${noise}')`),
      fc.string().map((noise) => `${noise}_${JOB_ID}`),
    );
    fc.assert(
      fc.property(fc.constantFrom("filter", "limit", "next"), text, (name, value) => {
        const problems = problemsOf(() => read({ [name]: value }));
        if (problems.length > 0) expect(problems).toEqual([`field-not-valid ${name}`]);
      }),
      { numRuns: 500 },
    );
  });
});

describe("a hostile request", () => {
  /** Long enough to be found nowhere by chance. */
  const MARK = "z9Qx-marked";

  const text = fc.oneof(
    fc.string({ unit: "binary" }).map((noise) => `${MARK}${noise}`),
    fc.constantFrom(`${MARK}\ud800`, `\udfff${MARK}`, `${MARK}\u0000`, `${MARK}${"x".repeat(20_000)}`),
  );
  const key = fc.oneof(
    text,
    fc.constantFrom("__proto__", "constructor", "prototype", "toString", "hasOwnProperty", "then", "toJSON"),
    fc.constantFrom(...LOGIN_FIELDS, "institution", "id", "mfa-response"),
  );
  const values = [text, fc.constantFrom(null, true, 0, -1, 1e308, "")];
  /** Objects as the JSON parser makes them: `__proto__` is a key like any other. */
  const bodies = fc
    .object({ key, values, maxDepth: 3, maxKeys: 6 })
    .map((given): object => JSON.parse(JSON.stringify(given)));

  /** Fails unless the reader accepts, or throws a refusal whose reply holds nothing of the request. */
  function refusesAtMost(read: () => unknown) {
    try {
      read();
    } catch (error) {
      expect(error).toBeInstanceOf(Refusal);
      if (!(error instanceof Refusal)) return;
      const { status, body } = renderErrors("correlation", error.problems);
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
      expect(JSON.stringify(body)).not.toContain(MARK);
      expect(`${error.message} ${error.stack}`).not.toContain(MARK);
    }
  }

  const answers = fc.oneof(
    bodies,
    fc.oneof(...values, fc.array(fc.oneof(...values)), bodies).map((value) => ({ "mfa-response": value })),
  );
  const maybe = fc.option(text, { nil: undefined });
  const forms = fc.oneof(
    text,
    text.map((noise) => `scope=${noise}`),
    text.map((noise) => `userId=${encodeURIComponent(noise.toWellFormed())}`),
    text.map((noise) => `%${noise}%zz&=&&__proto__=1`),
  );
  const version = fc.oneof(maybe, fc.constant("3.0"));
  const tokenRequests = fc.record({
    authorization: maybe,
    version,
    fields: fc.record({ scope: forms, userId: forms }),
  });

  test.each([
    ["a connection", fc.property(bodies, (body) => refusesAtMost(() => parseConnectionRequest(body)))],
    ["an answer", fc.property(answers, (body) => refusesAtMost(() => parseMfaRequest(body)))],
    ["a token", fc.property(tokenRequests, (input) => refusesAtMost(() => parseTokenRequest(input)))],
  ])("for %s is accepted or refused, and the refusal repeats nothing of it", (_, property) => {
    fc.assert<unknown>(property, { numRuns: 200 });
  });

  test("changes no prototype, and its prototype is read as no field", () => {
    const names = ["polluted", ...LOGIN_FIELDS, "institution", "mfa-response"];
    const evil = Object.fromEntries(names.map((name) => [name, "evil"]));
    const before = Object.getOwnPropertyNames(Object.prototype);
    for (const name of ["__proto__", "constructor", "prototype"]) {
      const body = JSON.parse(`{"${name}":${JSON.stringify(evil)},"loginId":"gavin"}`);
      expect(Object.keys(parseConnectionRequest(body).login)).toEqual(["loginId"]);
      expect(() => parseMfaRequest(body)).toThrow(Refusal);
    }
    expect(Object.getOwnPropertyNames(Object.prototype)).toEqual(before);
    expect(Reflect.get({}, "polluted")).toBeUndefined();
  });
});

describe("an event of API Gateway", () => {
  const event = { rawPath: "/health", requestContext: { http: { method: "GET" } } };

  test.each([undefined, null, {}, { accept: "*/*" }, { accept: undefined }])(
    "may have the headers %o",
    (headers) => {
      expect(parse(apiEventSchema, { ...event, headers }).headers).toEqual(headers);
    },
  );

  test.each(["accept", 5, [], ["accept"], { accept: 5 }, { accept: null }, { accept: ["*/*"] }])(
    "may not have the headers %j",
    (headers) => {
      expect(safeParse(apiEventSchema, { ...event, headers }).success).toBe(false);
    },
  );
});

describe("a path", () => {
  test("is that of a route with any parameter", () => {
    expect(methodsOf("/jobs/1")).toEqual(["GET", "DELETE"]);
    expect(methodsOf("/health")).toEqual(["GET", "HEAD"]);
    for (const route of Object.values(ROUTES)) {
      expect(methodsOf(route.path.replaceAll(/\{\w+\}/g, "x"))).toContain(route.method);
    }
  });

  test.each(["/", "/nothing", "/jobs", "/jobs/", "/jobs/1/mfa/2", "/jobs/a/b", "/Token", "/token/"])(
    "is not that of a route: %s",
    (path) => {
      expect(methodsOf(path)).toEqual([]);
    },
  );
});

test("a user's id has 1 to 64 letters, digits and hyphens", () => {
  const accepted = (id: string) => safeParse(userIdSchema, id).success;
  expect(["a", "ea3a81", "A-b-9", "a".repeat(64)].filter(accepted)).toHaveLength(4);
  expect(["", "a".repeat(65), "a b", "a/b", "a_b", "é", "a\n", "..", "#"].filter(accepted)).toEqual([]);
});

test("a job's id is a UUID of version 4", () => {
  const others = ["61723", JOB_ID.replace("-4c58-", "-1c58-"), `${JOB_ID} `, ""];
  const accepted = [JOB_ID, ...others].filter((id) => safeParse(jobIdSchema, id).success);
  expect(accepted).toEqual([JOB_ID]);
});

test("an id of a user, a job or a connection in upper case is the same id", () => {
  expect(parse(userIdSchema, "EA3A81")).toBe("ea3a81");
  expect(parse(jobIdSchema, JOB_ID.toUpperCase())).toBe(JOB_ID);
  expect(parse(connectionIdSchema, "8FCE3B_a")).toBe("8fce3b_a");
});
