import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { DynamoDBClient, ScanCommand } from "@aws-sdk/client-dynamodb";
import { afterAll, beforeAll, expect, onTestFinished, test } from "vitest";
import { jobReply, stubReply } from "../../../functions/http/reply-schemas.ts";
import { localTables } from "../../../infra/local/local-tables.ts";
import { API_PAGE, commandsOf, LOCAL_PAGES } from "../../docs/pages.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { sdkSettings } from "../../support/local-workflow.ts";
import { LOOPBACK, listeningAddresses } from "../support/listening-sockets.ts";
import { DEVELOPMENT_KEY, type LocalMode, ROOT, startLocalMode } from "../support/program.ts";

const run = promisify(execFile);

/** One program serves all tests of this file. */
let local: LocalMode;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  local = await startLocalMode({ TIME_SCALE: "10", DEMO: "on" }, (stop) => stops.push(stop));
});
afterAll(() => Promise.all(stops.map((stop) => stop())));

test("At its start local mode prints its addresses and the API key, connects a bank and prints each step", async () => {
  expect(local.apiUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(local.sandboxUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
  expect(local.apiKey).toBe(DEVELOPMENT_KEY);
  const timed = /^ +\d+\.\d s {2}/;
  const steps = local.walkThrough.split("\n").filter((line) => timed.test(line));
  expect(steps.map((line) => line.replace(timed, "").replace(/ {2,}/, " "))).toEqual(
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

test("Every port of local mode is for this machine only", () => {
  // The API, the sandbox, and the local DynamoDB, KMS, Lambda, Secrets Manager and Step Functions.
  expect(listeningAddresses(local.pid)).toEqual(Array(7).fill(LOOPBACK));
});

test("At its end the greeting names the command with which a person connects a bank, with the port and the key of this local mode", async () => {
  expect(local.walkThrough).toContain(`\n  PORT=${new URL(local.apiUrl).port} npm run connect\n`);
  expect(local.walkThrough).not.toContain("curl");
  const own = await startLocalMode({ TIME_SCALE: "10", LOCAL_API_KEY: "a-key'of-my-own" });
  expect(own.walkThrough).toContain(` LOCAL_API_KEY='a-key'\\''of-my-own' npm run connect\n`);
});

/** The commands of the page about the API, for local mode as it is, and if only the Consent UI takes logins. */
const byHand = (of: "logins" | "consent-ui") => {
  const commands = commandsOf([API_PAGE]);
  const second = commands.lastIndexOf(commands[0] ?? "");
  return of === "logins" ? commands.slice(0, second) : commands.slice(second);
};
const at = ({ apiUrl, sandboxUrl }: LocalMode, commands: readonly string[]) =>
  commands
    .join("\n")
    .replaceAll("http://127.0.0.1:3000", apiUrl)
    .replaceAll("http://127.0.0.1:3001", sandboxUrl)
    .replace("sleep 10", "sleep 1");

test("The commands of the page about the API end in an answered job, and nothing is logged", async () => {
  await expect(run("curl", ["--version"]), "this machine needs curl").resolves.toBeDefined();
  const commands = byHand("logins");
  expect(commands).toHaveLength(3);
  const { stdout, stderr } = await run("sh", ["-c", at(local, commands)]);
  expect(stderr).toBe("");

  const [answered, read] = stdout.split(/(?<=\})(?=\{"type":"job")/).map((reply) => JSON.parse(reply));
  const { id, links } = jobReply.parse(answered);
  expect(links.self).toBe(`${local.apiUrl}/jobs/${id}`);
  expect(jobReply.parse(read)).toMatchObject({
    id,
    steps: [{ status: "success" }, { result: null }, {}, {}],
  });
  const { steps } = await new MobileBackend(local).untilOver(id);
  expect(steps.map(({ status }) => status)).toEqual(["success", "success", "success", "success"]);
  expect(local.said()).toBe("");
});

test("With the Consent UI, the greeting names the page whose commands send no login to the API, and end in a refresh", async () => {
  const consent = await startLocalMode({ TIME_SCALE: "10", UPSTREAM_VERSION: "3.0" });
  expect(consent.walkThrough).toContain(API_PAGE);
  expect(consent.walkThrough).not.toContain("npm run connect");
  const commands = byHand("consent-ui");
  expect(commands).toHaveLength(6);
  const { stdout, stderr } = await run("sh", ["-c", at(consent, commands)]);
  expect(stderr).toBe("");
  expect(stdout).not.toContain('"error"');
  expect(stdout).toMatch(/"type":"list","size":1,/);
  expect(consent.said()).toBe("");
});

test("The commands of the pages about local mode work as written, but for the ports", async () => {
  // CI runs the commands of npm itself.
  const commands = commandsOf(LOCAL_PAGES).filter((line) => !line.startsWith("npm "));
  expect(commands).toHaveLength(9);
  const script = commands
    .join("\necho\n")
    .replaceAll("http://127.0.0.1:3000", local.apiUrl)
    .replaceAll("http://127.0.0.1:3001", local.sandboxUrl);
  const { stdout, stderr } = await run("sh", ["-e", "-c", script]);
  expect(stderr).toBe("");
  expect(stdout).not.toContain('"error"');
  expect(stdout).toContain('"calls":[{');
  const id = /"type":"job","id":"([\w-]+)"/.exec(stdout)?.[1] ?? "";
  expect((await new MobileBackend(local).job(id)).id).toBe(id);
});

test("Behind another address, links start with it, and web pages of the origins may ask before they call", async () => {
  const LOCAL_API_KEY = "a-key-of-my-own-for-a-tunnel";
  const own = { PUBLIC_URL: "https://tunnel.example", CORS_ORIGINS: "https://app.example", LOCAL_API_KEY };
  const tunnelled = await startLocalMode({ TIME_SCALE: "10", ...own });
  const backend = new MobileBackend(tunnelled);
  const { json } = await backend.connect(HOOLI, LOGINS.gavin);
  const { id, links } = stubReply.parse(json);
  expect(links.self).toBe(`https://tunnel.example/jobs/${id}`);
  const preflight = await fetch(`${tunnelled.apiUrl}/users/${backend.userId}/connections`, {
    method: "OPTIONS",
    headers: { origin: "https://app.example", "access-control-request-method": "POST" },
  });
  expect([preflight.status, preflight.headers.get("access-control-allow-origin")]).toEqual([
    204,
    "https://app.example",
  ]);
  await backend.untilOver(id);
});

test("The keys program makes, lists and revokes an API key, which the next request refuses", async () => {
  const { apiUrl } = local;
  const env = { PATH: process.env["PATH"] ?? "", HOME: process.env["HOME"] ?? "" };
  /** Rejects when the program ends with anything but 0. */
  const keys = (...args: string[]) =>
    run(process.execPath, ["infra/cli/keys/main.ts", ...args, "--local", apiUrl], { cwd: ROOT, env });
  const isAccepted = async (apiKey: string) =>
    (await new MobileBackend({ ...local, apiKey }).trade({ scope: "SERVER_ACCESS" })).status;

  const create = `npm run --silent keys -- create "my backend" --local ${apiUrl}`;
  const created = await run("sh", ["-c", create], { cwd: ROOT, env });
  const apiKey = created.stdout.trimEnd();
  expect(created.stdout).toMatch(/^cjkey_[\w-]{43}\n$/);
  expect(created.stderr).toMatch(/"my backend".+shown this once.+\n$/);
  expect(await isAccepted(apiKey)).toBe(200);

  const hash = createHash("sha256").update(apiKey).digest("hex");
  const id = hash.slice(0, 12);
  const { stdout: list } = await keys("list");
  expect(list).toMatch(new RegExp(`^${id}  my backend  \\S+  -$`, "m"));
  expect(list).not.toContain(apiKey);
  expect(list).not.toContain(hash);
  const rows = await rowsOf(apiUrl);
  expect(rows).toContain(hash);
  expect(rows).not.toContain(apiKey.replace("cjkey_", ""));

  const revoked = await keys("revoke", id);
  expect(revoked.stdout).toMatch(/^Revoked the API key \w+, "my backend"\./);
  expect(await isAccepted(apiKey)).toBe(404);
  expect(await isAccepted(DEVELOPMENT_KEY)).toBe(200);
  await expect(keys("revoke", id)).rejects.toMatchObject({
    code: 1,
    stdout: "",
    stderr: expect.stringMatching(/^.+ revoked before.+\n$/),
  });
});

/** Every row of the jobs table, as text. */
async function rowsOf(apiUrl: string): Promise<string> {
  const { dynamodb, jobsTable } = localTables.parse(await (await fetch(`${apiUrl}/_local`)).json());
  const client = new DynamoDBClient(sdkSettings(dynamodb));
  onTestFinished(() => client.destroy());
  return JSON.stringify((await client.send(new ScanCommand({ TableName: jobsTable }))).Items);
}
