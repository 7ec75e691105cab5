import { describe, expect, test } from "vitest";
import { readHttpRequest } from "../../functions/http/request.ts";
import { keyedRequest } from "../../functions/jobs/api/requests.ts";
import { derivedId } from "../../functions/jobs/domain/idempotency.ts";
import { UUID_V4 } from "../../functions/jobs/domain/ids.ts";
import { Refusal } from "../../functions/jobs/domain/refusal.ts";

interface Sent {
  key?: string | undefined;
  method?: string;
  path?: string;
  body?: string;
}

function sent({ key = "k-1", method = "POST", path = "/users/u/connections", body }: Sent = {}) {
  const event = {
    rawPath: path,
    headers: { "Idempotency-Key": key },
    body,
    requestContext: { http: { method } },
  };
  return keyedRequest(readHttpRequest(event), "u");
}

const textOf = (request: Sent) => sent(request)?.text.reveal();

describe("a request with a key", () => {
  test("is known by its user, its key, and all that makes it the same", () => {
    const request = sent({ body: '{"password":"hooli2016"}' });
    expect(request).toMatchObject({ userId: "u", key: "k-1" });
    expect(request?.text.reveal()).toBe('POST /users/u/connections\n{"password":"hooli2016"}');
    expect(JSON.stringify(request)).not.toContain("hooli2016");
  });

  test.each([
    ["another body", { body: "{ }" }],
    ["none", {}],
    ["another path", { body: "{}", path: "/users/u/connections/c" }],
    ["another method", { body: "{}", method: "PUT" }],
  ])("is another one with %s", (_, other) => {
    expect(textOf(other)).not.toBe(textOf({ body: "{}" }));
  });

  test("does not depend on how its body came", () => {
    const body = Buffer.from("{}").toString("base64");
    const http = { method: "POST" };
    const event = { rawPath: "/users/u/connections", requestContext: { http } };
    const request = readHttpRequest({
      ...event,
      headers: { "idempotency-key": "k-1" },
      body,
      isBase64Encoded: true,
    });
    expect(keyedRequest(request, "u")?.text.reveal()).toBe(textOf({ body: "{}" }));
  });

  test("may have none", () => {
    const event = { rawPath: "/", requestContext: { http: { method: "POST" } } };
    expect(keyedRequest(readHttpRequest(event), "u")).toBeUndefined();
  });
});

describe("a key", () => {
  test.each(["a", " ", "~", "0b3f 7c", "x".repeat(255)])("may be %j", (key) => {
    expect(sent({ key })?.key).toBe(key);
  });

  test.each(["", "x".repeat(256), "clé", "a\tb", "a\u007f", "a\nb"])("may not be %j", (key) => {
    const problems = [{ reason: "field-not-valid", field: "Idempotency-Key" }];
    expect(() => sent({ key })).toThrow(Refusal);
    expect(() => sent({ key })).toThrow(expect.objectContaining({ problems }));
  });
});

describe("a derived id", () => {
  const id = "5e0c4c1e-6f0a-4c58-9a52-0c2f3a6f1b11";
  const names = Array.from({ length: 200 }, (_, index) => `c${index}`);

  test("is the same each time, and another one for another name or id", () => {
    const made = names.map((name) => derivedId(id, name));
    expect(names.map((name) => derivedId(id, name))).toEqual(made);
    const others = names.map((name) => derivedId(id.replace("5", "6"), name));
    expect(new Set([...made, ...others]).size).toBe(2 * names.length);
  });

  test("has the form of our ids", () => {
    for (const name of names) expect(derivedId(id, name)).toMatch(UUID_V4);
  });
});
