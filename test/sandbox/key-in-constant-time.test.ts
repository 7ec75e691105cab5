import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { comparedInConstantTime } from "../support/compared-in-constant-time.ts";
import { apiKey, openSandbox } from "./open-sandbox.ts";

const hashOf = (key: string) => createHash("sha256").update(key).digest("hex");

test.each([
  [200, apiKey],
  [404, `${apiKey}x`],
  [404, "k"],
])("%d: the key is compared with %s by their hashes, in constant time", async (status, key) => {
  const bank = await openSandbox({ apiKey });
  const headers = { authorization: `Basic ${key}`, "basiq-version": "3.0" };
  const pairs = await comparedInConstantTime(async () => {
    expect((await bank.send("POST", "/token", { headers, token: null })).status).toBe(status);
  });
  expect(pairs.length).toBeGreaterThan(0);
  for (const pair of pairs) expect(pair).toEqual([hashOf(key), hashOf(apiKey)]);
});
