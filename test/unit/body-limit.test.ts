import { expect, test } from "vitest";
import { handler as health } from "../../functions/http/health.lambda.ts";
import { handler as refuse } from "../../functions/http/refuse.lambda.ts";

const LIMIT = 16 * 1024;

async function statusOf(handler: typeof health, body: string, isBase64Encoded: boolean): Promise<number> {
  const given = isBase64Encoded ? Buffer.from(body).toString("base64") : body;
  const requestContext = { http: { method: "GET" } };
  return (await handler({ rawPath: "/nowhere", body: given, isBase64Encoded, requestContext })).statusCode;
}

test.each([false, true])(
  "a body over 16 KiB is refused where nobody reads it (base64: %s)",
  async (isBase64) => {
    expect(await statusOf(health, "a".repeat(LIMIT), isBase64)).toBe(200);
    expect(await statusOf(health, "a".repeat(LIMIT + 1), isBase64)).toBe(413);
    expect(await statusOf(health, "é".repeat(LIMIT / 2 + 1), isBase64)).toBe(413);
    expect(await statusOf(refuse, "a".repeat(LIMIT), isBase64)).toBe(404);
    expect(await statusOf(refuse, "a".repeat(LIMIT + 1), isBase64)).toBe(413);
  },
);
