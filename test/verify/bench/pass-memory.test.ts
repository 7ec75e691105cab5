import { execFile } from "node:child_process";
import { randomBytes } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { expect, onTestFinished, test } from "vitest";
import * as z from "zod";
import { rawUpstream } from "../../support/basiq-replies.ts";

const PROGRAM = fileURLToPath(new URL("./pass-memory.ts", import.meta.url));
const MB = 1024 * 1024;
const printed = z.object({ bodyBytes: z.number(), resultBytes: z.number(), maxRSS: z.number() });

test("A reply of 5 MB passes compressed in the function's memory of 256 MB", async () => {
  const entry = () => ({
    id: randomBytes(16).toString("hex"),
    amount: "-12.50",
    description: "A purchase".repeat(4),
  });
  const body = JSON.stringify({ data: Array.from({ length: 52_000 }, entry) });
  const raw = await rawUpstream((response) => void response.end(body));
  onTestFinished(raw.close);
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, raw.url]);
  const { bodyBytes, resultBytes, maxRSS } = printed.parse(JSON.parse(stdout));
  expect(bodyBytes).toBeGreaterThan(5 * MB);
  expect(resultBytes).toBeLessThan(6_291_556);
  // In kilobytes.
  expect(maxRSS * 1024).toBeLessThan(256 * MB);
});
