import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { expect, onTestFinished, test } from "vitest";
import { localTables } from "../../infra/local/local-tables.ts";
import { tokenRequest } from "./backend.ts";
import { DEVELOPMENT_KEY, startLocalMode, temporaryDirectory } from "./local-mode.ts";
import { LOCAL_MODE, startProgram } from "./program.ts";

const run = promisify(execFile);
const cwd = fileURLToPath(new URL("../../", import.meta.url));
const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" };

/** Rejects when the program ends with anything but 0. */
const keys = (...args: string[]) => run(process.execPath, ["infra/keys/main.ts", ...args], { cwd, env });

const statusOf = async (apiUrl: string, apiKey: string) => (await tokenRequest(apiUrl, apiKey)).status;

/** Every row of the jobs table, as text. */
async function rowsOf(apiUrl: string): Promise<string> {
  const { dynamodb, jobsTable } = localTables.parse(await (await fetch(`${apiUrl}/_local`)).json());
  const credentials = { accessKeyId: "local", secretAccessKey: "local" };
  const client = new DynamoDBClient({ endpoint: dynamodb, region: "us-east-1", credentials });
  onTestFinished(() => client.destroy());
  return JSON.stringify((await client.send(new ScanCommand({ TableName: jobsTable }))).Items);
}

test("a key is made, traded, listed and revoked, and is gone with the next request", async () => {
  const DATA_DIR = temporaryDirectory();
  const local = await startLocalMode({ DATA_DIR });
  const { apiUrl } = local;

  const create = `npm run --silent keys -- create "my backend" --local ${apiUrl}`;
  const created = await run("sh", ["-c", create], { cwd, env });
  const apiKey = created.stdout.trimEnd();
  expect(created.stdout).toMatch(/^cjkey_[\w-]{43}\n$/);
  expect(created.stderr).toMatch(/"my backend".+shown this once.+\n$/);
  expect(await statusOf(apiUrl, apiKey)).toBe(200);

  const hash = createHash("sha256").update(apiKey).digest("hex");
  const id = hash.slice(0, 12);
  const { stdout: list } = await keys("list", "--local", apiUrl);
  expect(list).toMatch(new RegExp(`^${id}  my backend  \\S+  -$`, "m"));
  expect(list).not.toContain(apiKey);
  expect(list).not.toContain(hash);
  const rows = await rowsOf(apiUrl);
  expect(rows).toContain(hash);
  expect(rows).not.toContain(apiKey.replace("cjkey_", ""));

  expect((await keys("revoke", id, "--local", apiUrl)).stdout).toMatch(
    /^Revoked the API key \w+, "my backend"\./,
  );
  expect(await statusOf(apiUrl, apiKey)).toBe(404);
  expect(await statusOf(apiUrl, DEVELOPMENT_KEY)).toBe(200);
  const again = await keys("revoke", id, "--local", apiUrl).catch((error: unknown) => error);
  expect(again).toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^.+ revoked before.+\n$/),
  });

  const own = createHash("sha256").update(DEVELOPMENT_KEY).digest("hex").slice(0, 12);
  await keys("revoke", own, "--local", apiUrl);
  expect((await local.end("SIGINT")).code).toBe(0);
  const second = startProgram(LOCAL_MODE, { PORT: "0", SANDBOX_PORT: "0", DATA_DIR });
  expect(await second.ended()).toMatchObject({
    code: 1,
    stderr: "The API key was revoked in this data directory. Set LOCAL_API_KEY to another one.\n",
  });
});
