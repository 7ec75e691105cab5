import { gunzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { acceptsGzip, fitBody, MAX_ENCODED_BYTES } from "../../functions/pass-through/passed-body.ts";

const tooLarge = { problems: [{ reason: "reply-too-large" }] };

test("A reply of 5 MB is compressed for a client that accepts that, and fits", async () => {
  const body = Buffer.from(JSON.stringify({ data: "ab".repeat(2_500_000) }));
  const { raw, headers } = await fitBody(body, "gzip, deflate, br");
  expect(headers).toEqual({ vary: "accept-encoding", "content-encoding": "gzip" });
  expect(raw.isBase64Encoded).toBe(true);
  expect(gunzipSync(Buffer.from(raw.body, "base64")).equals(body)).toBe(true);
});

test("A reply fits without compression up to the limit of its JSON text, in which each quote takes two bytes", async () => {
  const most = Buffer.from("x".repeat(MAX_ENCODED_BYTES - 2));
  expect((await fitBody(most, undefined)).raw).toEqual({ body: most.toString() });
  const quote = Buffer.from(`"${"x".repeat(MAX_ENCODED_BYTES - 3)}`);
  await expect(fitBody(quote, undefined)).rejects.toMatchObject(tooLarge);
});

test.each<[string | undefined, boolean]>([
  [undefined, false],
  ["", false],
  ["gzip", true],
  ["GZIP;q=0.5", true],
  ["deflate, gzip;q=1.0, *;q=0.5", true],
  ["gzip;q=0", false],
  ["*", true],
  ["*;q=0, gzip", true],
  ["gzip;q=0, *", false],
  ["identity", false],
  ["notgzip", false],
])("Accept-Encoding %j accepts gzip: %s", (header, accepts) => {
  expect(acceptsGzip(header)).toBe(accepts);
});
