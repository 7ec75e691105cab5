import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import * as z from "zod";
import { backendOf } from "./backend.ts";
import { DEVELOPMENT_KEY, startLocalMode } from "./local-mode.ts";

const run = promisify(execFile);
const stub = z.object({ type: z.literal("job"), id: z.string(), links: z.object({ self: z.string() }) });

test("the addresses, the key and three commands are printed, and the commands end in an answered job", async () => {
  await expect(run("curl", ["--version"]), "this machine needs curl").resolves.toBeDefined();
  const local = await startLocalMode({ TIME_SCALE: "10" });
  expect(local.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(local.sandboxUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(local.apiKey).toBe(DEVELOPMENT_KEY);

  const commands = local.walkThrough.split("\n").filter((line) => /^(TOKEN=|JOB=|curl )/.test(line));
  expect(commands).toHaveLength(3);
  const { stdout, stderr } = await run("sh", ["-c", commands.join("\n")]);
  expect(stderr).toBe("");

  const replies = stdout.split(/(?<=\})(?=\{"type":"job")/).map((reply) => JSON.parse(reply));
  expect(replies).toHaveLength(2);
  const { id, links } = stub.parse(replies[0]);
  expect(links.self).toBe(`${local.apiUrl}/jobs/${id}`);
  expect(replies[1]).toMatchObject({ id, steps: [{ status: "success" }, { result: null }, {}, {}] });
  const backend = await backendOf(local);
  await backend.reaches(id, "retrieve-transactions", "success");
  await backend.reaches(id, "mfa-challenge", "success");
  expect(local.said()).toBe("");
});

test("at its start, local mode connects one bank by itself, prints each step, and stays up", async () => {
  const local = await startLocalMode({ TIME_SCALE: "10", DEMO: "on" });
  const steps = local.walkThrough.split("\n").filter((line) => /^ +\d+\.\d s {2}/.test(line));
  expect(steps.map((line) => line.replace(/^ +\d+\.\d s {2}/, "").replace(/ {2,}/, " "))).toEqual(
    expect.arrayContaining([
      "login posted, job accepted",
      "verify-credentials success",
      "mfa-challenge in-progress, the bank asks: OTP Password",
      "answered for the user: 1234",
      "retrieve-transactions success",
      "the bank is connected",
    ]),
  );
  const jobUrl = /^The job can be read at (\S+)$/m.exec(local.walkThrough)?.[1] ?? "";
  expect(jobUrl).toMatch(new RegExp(`^${local.apiUrl}/jobs/`));
  expect((await fetch(jobUrl)).status).toBe(401);
});
