import { expect, test } from "vitest";
import { writtenDocument } from "../../docs/openapi-document.ts";
import { handler } from "../../functions/openapi/openapi.lambda.ts";
import { capturedLines } from "../support/captured-output.ts";

capturedLines();

const ask = (tags?: string) =>
  handler({
    rawPath: "/openapi.json",
    headers: tags === undefined ? {} : { "if-none-match": tags },
    requestContext: { http: { method: "GET" } },
  });

test("GET /openapi.json returns the document and its ETag, and caches may store both", async () => {
  const { statusCode, headers, body } = await ask();
  expect([statusCode, JSON.parse(body)]).toEqual([200, writtenDocument()]);
  expect(headers).toMatchObject({
    etag: expect.stringMatching(/^"[\w-]{22}"$/),
    "cache-control": "public, max-age=300",
  });
});

test.each<[string, (etag: string) => string, number]>([
  ["the ETag", (etag) => etag, 304],
  ["the ETag as a weak one", (etag) => `W/${etag}`, 304],
  ["several ETags with this one", (etag) => `"other", ${etag}`, 304],
  ["any ETag", () => "*", 304],
  ["another ETag", () => '"other"', 200],
  ["the ETag without quotes", (etag) => etag.replaceAll('"', ""), 200],
])("GET /openapi.json with %s in If-None-Match has the right status", async (_, tags, expected) => {
  const { etag = "" } = (await ask()).headers;
  const { statusCode, headers, body } = await ask(tags(etag));
  expect([statusCode, headers["etag"], body === ""]).toEqual([expected, etag, expected === 304]);
});
