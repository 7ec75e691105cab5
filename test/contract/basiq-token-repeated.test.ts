import { expect, onTestFinished, test } from "vitest";
import { givingToken, rawUpstream, reply } from "../support/basiq-replies.ts";
import { gavin } from "../support/job-examples.ts";

const TOKEN = "eyJhbGciOiJFUzI1NiJ9.upstream.token";
const WORDS = { code: "parameter-not-valid", title: "Not valid", detail: `authorization: Bearer ${TOKEN}` };

async function repeating(status: number, body: object) {
  const raw = await rawUpstream(
    (response) => response.writeHead(status).end(JSON.stringify(body)),
    givingToken(TOKEN),
  );
  onTestFinished(() => raw.close());
  return raw;
}

test("a refusal that repeats our token at upstream is read without it", async () => {
  const { upstream, calls } = await repeating(400, { data: [WORDS] });
  const problem = { ...WORDS, detail: "authorization: Bearer [secret]" };
  await expect(upstream.openConnection("user", "AU00000", gavin)).rejects.toMatchObject({ problem });
  await expect(upstream.job("61723")).rejects.toMatchObject({ problem });
  expect(calls.at(-1)?.authorization).toBe(`Bearer ${TOKEN}`);
});

test("so is a job", async () => {
  const { upstream } = await repeating(200, reply({ status: "failed", result: WORDS }));
  expect(JSON.stringify(await upstream.job("61723"))).not.toContain(TOKEN);
});
