import { createServer } from "node:http";
import { afterAll, expect, test } from "vitest";
import { basiqPassing } from "../../../../functions/aggregators/basiq/passing.ts";
import { readHttpRequest } from "../../../../functions/http/request.ts";
import { Secret } from "../../../../functions/jobs/domain/secret.ts";
import { PASSED_ROUTES } from "../../../../functions/pass-through/routes.ts";
import { readStatement, upstreamJobIn } from "../../../../functions/pass-through/statement.ts";
import { listenLocally } from "../../../../infra/local/local-server.ts";
import { readParts } from "../../../../sandbox/multipart.ts";
import { fakeClock } from "../../../support/fake-clock.ts";
import { reasonOf } from "../../../support/use-case-worlds.ts";

const ROUTE = PASSED_ROUTES["create-statement"];
/** All bytes, which are not UTF-8. */
const FILE = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte));
const field = (name: string, value: string) =>
  `content-disposition: form-data; name="${name}"\r\n\r\n${value}`;
const file = 'Content-Disposition: form-data; name="statement"; filename="s.pdf"\r\n\r\n';

function formOf(...parts: (string | Buffer)[]): Buffer {
  const all = parts.flatMap((part) => ["--b\r\n", part, "\r\n"]);
  return Buffer.concat([...all, "--b--\r\n"].map((part) => Buffer.from(part)));
}

function requestOf(body: Buffer, contentType: string) {
  return readHttpRequest(
    {
      rawPath: "/users/u-1/statements",
      headers: { "Content-Type": contentType },
      pathParameters: { userId: "U-1" },
      body: body.toString("base64"),
      isBase64Encoded: true,
      requestContext: { http: { method: "POST" } },
    },
    { bytes: 1_000_000, reason: "statement-too-large" },
  );
}

const received: { type: string | undefined; body: Buffer }[] = [];
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on("data", (chunk: Buffer) => chunks.push(chunk));
  request.on("end", () => {
    const isToken = request.url === "/token";
    if (!isToken) received.push({ type: request.headers["content-type"], body: Buffer.concat(chunks) });
    const reply = isToken ? { access_token: "t".repeat(20), expires_in: 3600 } : { type: "job", id: "61723" };
    response.writeHead(isToken ? 200 : 202).end(JSON.stringify(reply));
  });
});
const upstream = listenLocally(server);
afterAll(async () => (await upstream).close());

test.each([
  "multipart/form-data; boundary=b",
  'multipart/form-data;charset=utf-8; boundary="b"',
  "Multipart/Form-Data; Boundary=b",
])("the bytes of a form and its content type pass unchanged (%s)", async (type) => {
  const form = formOf(field("institutionId", "AU00002"), Buffer.concat([Buffer.from(file), FILE]));
  const { institutionId, call } = readStatement(ROUTE, requestOf(form, type));
  expect([institutionId, call.path]).toEqual(["AU00002", "/users/u-1/statements"]);
  const passing = basiqPassing({
    baseUrl: (await upstream).url,
    apiKey: async () => new Secret("any"),
    version: "3.0",
    clock: fakeClock(),
    ourUrl: "https://ours.example",
    isPublic: false,
  });
  expect(upstreamJobIn(await passing.send(call))).toBe("61723");
  expect(received.at(-1)?.type).toBe(type);
  expect(received.at(-1)?.body.equals(form)).toBe(true);
});

test.each([
  ["no part", formOf(), "form-not-valid"],
  ["half a form", formOf(field("institutionId", "AU00002")).subarray(0, -8), "form-not-valid"],
  ["a part without a name", formOf("content-disposition: form-data\r\n\r\nx"), "form-not-valid"],
  ["no bank", formOf(`${file}x`), "institution-not-provided"],
  ["an empty statement", formOf(field("institutionId", "AU00002"), file), "statement-not-provided"],
  ["22 parts", formOf(...Array.from({ length: 22 }, (_, n) => field(`part-${n}`, ""))), "form-not-valid"],
])("a form with %s is refused", async (_, form, reason) => {
  const reading = async () => readStatement(ROUTE, requestOf(form, "multipart/form-data; boundary=b"));
  expect(await reasonOf(reading())).toBe(reason);
});

test.each(["{}", "[]", '{"id":"../1"}', '{"id":1}', "<html>", ""])("the reply %s names no job", (reply) => {
  expect(() => upstreamJobIn({ status: 202, body: Buffer.from(reply) })).toThrow("no usable reply");
});

test("the sandbox reads the parts of a form, and nothing that is no form", () => {
  const call = (body: string | null, type = "multipart/form-data; boundary=b") =>
    readParts({
      method: "POST",
      path: "/",
      query: new URLSearchParams(),
      headers: new Map([["content-type", type]]),
      body,
    });
  const form = formOf(field("institutionId", "AU00002"), `${file}text`).toString();
  expect(call(form)).toEqual(
    new Map([
      ["institutionId", { content: "AU00002", fileName: undefined }],
      ["statement", { content: "text", fileName: "s.pdf" }],
    ]),
  );
  expect(call(form, 'multipart/form-data; boundary="b"')?.size).toBe(2);
  for (const wrong of [null, "", "--b", `x${form}`, form.slice(0, -6)]) expect(call(wrong)).toBeUndefined();
  expect(call(form, "application/json")).toBeUndefined();
  expect(call(form, "multipart/form-data")).toBeUndefined();
  expect(call(form, "multipart/form-data; boundary=c")).toBeUndefined();
});
