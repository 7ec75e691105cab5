import { inspect } from "node:util";
import { describe, expect, test } from "vitest";
import { tokenFields } from "../../functions/access/token-request.ts";
import { apiHandler } from "../../functions/http/api-handler.ts";
import { handler as health } from "../../functions/http/health.lambda.ts";
import { handler as refuse } from "../../functions/http/refuse.lambda.ts";
import { type HttpRequest, readHttpRequest, requireJson } from "../../functions/http/request.ts";
import { keyedRequest } from "../../functions/jobs/api/requests.ts";
import { DependencyDown } from "../../functions/jobs/domain/errors.ts";
import { derivedId } from "../../functions/jobs/domain/idempotency.ts";
import { UUID_V4 } from "../../functions/jobs/domain/ids.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";
import { notingCalls } from "../../functions/platform/aws-call.ts";
import { capturedLines } from "../support/captured-output.ts";

const LIMIT = 16 * 1024;
const FORM = "application/x-www-form-urlencoded";
const written = capturedLines();

const get = { rawPath: "/health", requestContext: { http: { method: "GET" } } };

describe("a reply", () => {
  const replyTo = (answer: (request: HttpRequest) => object) =>
    apiHandler("health", async (request) => ({ status: 200, body: answer(request) }))(get);
  const failing = (error: unknown) =>
    replyTo(() => {
      throw error;
    });

  test.each([
    [200, () => ({})],
    [404, () => Promise.reject(new Refusal("job-not-found"))],
  ])("of status %i is JSON that no cache stores", async (statusCode, answer) => {
    const reply = await apiHandler("health", async () => ({ status: 200, body: await answer() }))(get);
    expect(reply).toMatchObject({
      statusCode,
      headers: { "cache-control": "no-store", "content-type": "application/json" },
    });
  });

  test("to an internal error has a constant text, and nothing of the error is sent or logged", async () => {
    const error = Object.assign(new Error("row of hooli2016", { cause: new Error("hooli2016") }), {
      problems: [{ reason: "hooli2016" }],
      input: "hooli2016",
    });
    for (const thrown of [error, "hooli2016"]) {
      const reply = await failing(thrown);
      expect(reply.statusCode).toBe(500);
      expect(JSON.parse(reply.body)).toEqual({
        type: "list",
        correlationId: expect.any(String),
        data: [
          {
            type: "error",
            code: "internal-server-error",
            title: "Internal Server error.",
            detail: "Internal Server error. Contact support.",
          },
        ],
      });
      expect(JSON.stringify(reply) + written.text()).not.toContain("hooli2016");
    }
    expect(written.text()).toContain('"errorName":"Error"');
  });

  test.each([
    [429, "17", new Refusal({ reason: "too-many-refused-logins", retryAfterSeconds: 17 })],
    [503, "5", new DependencyDown()],
  ])("of status %i has Retry-After: %s", async (statusCode, after, error) => {
    expect(await failing(error)).toMatchObject({ statusCode, headers: { "retry-after": after } });
  });

  test("is 503 when AWS denies us a call, which the log names", async () => {
    const denied = (name: string) =>
      notingCalls(
        () => Promise.reject(Object.assign(new Error(name), { name, $fault: "client", $metadata: {} })),
        {
          commandName: "PutItemCommand",
        },
      )({}).catch((error: unknown) => error);
    expect((await failing(await denied("AccessDeniedException"))).statusCode).toBe(503);
    expect((await failing(await denied("ValidationException"))).statusCode).toBe(500);
    const line = (level: string, errorName: string) =>
      expect.objectContaining({ level, message: "request failed", errorName, awsCall: "PutItem" });
    expect(written.all()).toContainEqual(line("warn", "AccessDeniedException"));
    expect(written.all()).toContainEqual(line("error", "ValidationException"));
  });

  test("to a preflight is empty where API Gateway has a route for it, and 405 or 404 elsewhere", async () => {
    const preflight = (routeKey: string, rawPath: string) =>
      refuse({ routeKey, rawPath, requestContext: { http: { method: "OPTIONS" } } });
    expect(await preflight("OPTIONS /{proxy+}", "/users/a/connections")).toMatchObject({
      statusCode: 204,
      body: "",
    });
    expect((await preflight("$default", "/users/a/connections")).statusCode).toBe(405);
    expect((await preflight("$default", "/nowhere")).statusCode).toBe(404);
  });
});

describe.each([false, true])("a body, in base64: %s,", (isBase64Encoded) => {
  const statusOf = async (handler: typeof health, text: string) => {
    const body = isBase64Encoded ? Buffer.from(text).toString("base64") : text;
    return (await handler({ ...get, rawPath: "/nowhere", body, isBase64Encoded })).statusCode;
  };

  test("of 16 KiB is accepted, and a longer body is refused, even where nobody reads it", async () => {
    expect(await statusOf(health, "a".repeat(LIMIT))).toBe(200);
    expect(await statusOf(health, "a".repeat(LIMIT + 1))).toBe(413);
    expect(await statusOf(health, "é".repeat(LIMIT / 2 + 1))).toBe(413);
    expect(await statusOf(refuse, "a".repeat(LIMIT))).toBe(404);
    expect(await statusOf(refuse, "a".repeat(LIMIT + 1))).toBe(413);
  });
});

function errorOf(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (error) {
    return error;
  }
}

describe("a request", () => {
  const sent = (body: string, type?: string) =>
    readHttpRequest({
      rawPath: "/",
      headers: { "Content-Type": type },
      body,
      requestContext: { http: { method: "POST" } },
    });
  const reasonOf = (work: () => unknown) => {
    const error = errorOf(work);
    return error instanceof Refusal ? error.problems[0].reason : error;
  };

  test.each([undefined, "", FORM, `${FORM}; charset=utf-8`, FORM.toUpperCase()])(
    "for a token may be a form of the type %j",
    (type) => {
      expect(tokenFields(sent("scope=CLIENT_ACCESS&scope=SERVER_ACCESS&userId=ea3a81", type))).toEqual({
        scope: "CLIENT_ACCESS",
        userId: "ea3a81",
      });
    },
  );

  test("for a token may be a JSON object, or empty with any type", () => {
    const fields = { scope: "CLIENT_ACCESS", userId: "ea3a81" };
    expect(tokenFields(sent(JSON.stringify(fields), "application/json"))).toEqual(fields);
    for (const type of ["application/json", "text/plain"]) expect(tokenFields(sent(" ", type))).toEqual({});
  });

  test.each(["text/plain", "multipart/form-data; boundary=x", `x${FORM}`])(
    "for a token is refused with fields of the type %j",
    (type) => {
      expect(reasonOf(() => tokenFields(sent("scope=SERVER_ACCESS", type)))).toBe("content-type-not-form");
    },
  );

  test.each(["application/json", "application/json; charset=utf-8", "Application/JSON"])(
    "for JSON may have the type %j",
    (type) => {
      expect(reasonOf(() => requireJson(sent("{}", type)))).toBeUndefined();
    },
  );

  test.each([undefined, "", FORM, "text/json", "application/jsonp"])(
    "for JSON is refused with the type %j",
    (type) => {
      expect(reasonOf(() => requireJson(sent("{}", type)))).toBe("content-type-not-json");
    },
  );

  test.each(['{"password":"hooli2016"', "hooli2016", '["hooli2016"]', '"hooli2016"', "null", ""])(
    "whose body is %j is refused, and the refusal does not quote the body",
    (body) => {
      const error = errorOf(() => sent(body).jsonObject());
      expect(error).toBeInstanceOf(Refusal);
      expect(inspect(error, { depth: null, showHidden: true })).not.toContain("hooli2016");
    },
  );
});

describe("a request with an Idempotency-Key", () => {
  interface Sent {
    key?: string;
    method?: string;
    path?: string;
    body?: string | undefined;
    isBase64Encoded?: boolean;
  }
  function sent({ key = "k-1", method = "POST", path = "/users/u/connections", ...more }: Sent = {}) {
    const headers = { "Idempotency-Key": key };
    return keyedRequest(
      readHttpRequest({ rawPath: path, headers, ...more, requestContext: { http: { method } } }),
      "u",
    );
  }
  const textOf = (request: Sent) => sent(request)?.text.reveal();
  const body = '{"b":"x ","a":{"c":1,"d":[{"f":2,"e":1},1]}}';

  test("is identified by its user, key, method, path and body, and keeps the body secret", () => {
    const request = sent({ body: '{"password":"hooli2016"}' });
    expect(request).toMatchObject({ userId: "u", key: "k-1" });
    expect(request?.text.reveal()).toBe('POST /users/u/connections\n{"password":"hooli2016"}');
    expect(JSON.stringify(request)).not.toContain("hooli2016");
  });

  test.each([
    ["another value", { body: '{"b":"x","a":{"c":1,"d":[{"f":2,"e":1},1]}}' }],
    ["another order of a list", { body: '{"b":"x ","a":{"c":1,"d":[1,{"f":2,"e":1}]}}' }],
    ["its members as a list", { body: '{"b":"x ","a":[["c",1],["d",[{"f":2,"e":1},1]]]}' }],
    ["one member less", { body: '{"b":"x "}' }],
    ["no body", { body: undefined }],
    ["another path", { path: "/users/u/connections/c" }],
    ["another method", { method: "PUT" }],
  ])("is not the same request with %s", (_, other) => {
    expect(textOf({ body, ...other })).not.toBe(textOf({ body }));
  });

  test.each([
    ["in base64", { body: Buffer.from(body).toString("base64"), isBase64Encoded: true }],
    [
      "in another order and with more blanks",
      { body: '\n{ "a": { "d": [{ "e": 1, "f": 2 }, 1], "c": 1 }, "b": "x " }' },
    ],
    ["with the ids of its path in upper case", { path: "/users/U/connections" }],
  ])("is the same request %s", (_, other) => {
    expect(textOf({ body, ...other })).toBe(textOf({ body }));
  });

  test("whose body is no JSON is identified by its text", () => {
    expect(textOf({ body: "a b" })).toContain("\na b");
  });

  test.each(["a", " ", "~", "0b3f 7c", "x".repeat(255)])("may have the key %j", (key) => {
    expect(sent({ key })?.key).toBe(key);
  });

  test.each(["", "x".repeat(256), "clé", "a\tb", "a\u007f", "a\nb"])("is refused with the key %j", (key) => {
    const problems = [{ reason: "field-not-valid", field: "Idempotency-Key" }];
    const error = errorOf(() => sent({ key }));
    expect(error).toBeInstanceOf(Refusal);
    expect(error).toMatchObject({ problems });
  });

  test("is no keyed request without the header", () => {
    expect(keyedRequest(readHttpRequest(get), "u")).toBeUndefined();
  });
});

test("derived ids are UUIDs, the same for the same input, and different for another id or name", () => {
  const id = "5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b11";
  const names = Array.from({ length: 200 }, (_, index) => `c${index}`);
  const made = names.map((name) => derivedId(id, name));
  expect(names.map((name) => derivedId(id, name))).toEqual(made);
  for (const each of made) expect(each).toMatch(UUID_V4);
  const others = names.map((name) => derivedId(id.replace("5", "6"), name));
  expect(new Set([...made, ...others]).size).toBe(2 * names.length);
});
