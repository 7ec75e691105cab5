import { execFile } from "node:child_process";
import { symlinkSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { describe, expect, test } from "vitest";
import {
  testMessagesReply,
  webhookListReply,
  webhookMessageListReply,
} from "../../../functions/http/reply-schemas.ts";
import { commandsOf, RECEIVERS_PAGE, textOf } from "../../docs/pages.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { pythonPackages, Unavailable } from "../emulator/programs.ts";
import { follow, portTaken, ROOT, startLocalMode, temporaryDirectory } from "../support/program.ts";
import { startReceiver } from "./receiver.ts";

const WEBHOOKS = "/notifications/webhooks";
const commands = commandsOf([RECEIVERS_PAGE]);

function block(language: string): string {
  const [, text = ""] = new RegExp(`\`\`\`${language}\n(.+?)\`\`\``, "s").exec(textOf(RECEIVERS_PAGE)) ?? [];
  return text;
}

async function freePort(): Promise<string> {
  const { port, close } = await portTaken();
  await close();
  return port;
}

/** Runs local mode and then the receiver, as the page says, but for the port and the secret. */
async function runReceiver(file: string, text: string, program: string) {
  expect(commands).toContain("WEBHOOK_URL=http://127.0.0.1:4000/ npm start");
  const port = await freePort();
  const url = `http://127.0.0.1:${port}/`;
  const local = await startLocalMode({ TIME_SCALE: "10", WEBHOOK_URL: url });
  const folder = temporaryDirectory();
  symlinkSync(join(ROOT, "node_modules"), join(folder, "node_modules"));
  writeFileSync(join(folder, file), text.replace("4000", port));
  const WEBHOOK_SECRET = /(whsec_\S+)/.exec(local.walkThrough)?.[1] ?? "";
  const receiver = follow([program, join(folder, file)], { WEBHOOK_SECRET });
  await expect.poll(() => isListening(Number(port))).toBe(true);
  return { receiver, url, backend: new MobileBackend(local) };
}

async function isListening(port: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
  const isReached = await promise;
  socket.destroy();
  return isReached;
}

async function expectReceives({ receiver, url, backend }: Awaited<ReturnType<typeof runReceiver>>) {
  const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
  await backend.untilOver(jobId);
  await receiver.prints(/^job\.succeeded \w+$/m);
  const [webhook] = webhookListReply.parse((await backend.call("GET", WEBHOOKS)).json).data;
  const path = `${WEBHOOKS}/${webhook?.id}/messages`;
  const list = async () => webhookMessageListReply.parse((await backend.call("GET", path)).json).data;
  await expect.poll(async () => (await list()).filter(({ status }) => status !== "delivered")).toEqual([]);
  const linesOf = (text: string) => text.trim().split("\n").toSorted();
  const sent = (await list()).map(({ eventTypeId, eventId }) => `${eventTypeId} ${eventId}`).toSorted();
  await expect.poll(() => linesOf(receiver.printed.stdout)).toEqual(sent);

  // A repeated message is accepted, and not processed again.
  const [newest] = await list();
  await backend.call("POST", `${path}/${newest?.id}/resend`);
  await expect
    .poll(async () => (await list())[0]?.attempts.at(-1))
    .toMatchObject({ id: "2", status: "Success" });

  const forged = { "webhook-id": "a", "webhook-timestamp": "1", "webhook-signature": "v1,YQ==" };
  expect((await fetch(url, { method: "POST", headers: forged, body: "{}" })).status).toBe(400);
  await receiver.end("SIGKILL");
  expect(linesOf(receiver.printed.stdout).filter((line) => line.startsWith("job."))).toEqual(sent);
}

describe("the receiver of the page verifies real messages, processes each one once, and refuses a forged one", () => {
  test("in JavaScript", async () => {
    expect(commands).toContain("WEBHOOK_SECRET=whsec_… node receiver.mjs");
    const text = block("js");
    expect(text.trim().split("\n").length).toBeLessThanOrEqual(20);
    await expectReceives(await runReceiver("receiver.mjs", text, process.execPath));
  });

  test("in Python", async ({ skip }) => {
    expect(commands).toEqual(
      expect.arrayContaining(["pip install standardwebhooks", "WEBHOOK_SECRET=whsec_… python3 receiver.py"]),
    );
    const requirements = join(import.meta.dirname, "requirements.txt");
    const programs = await pythonPackages(requirements, "receiver").catch((error: unknown) => {
      if (!(error instanceof Unavailable)) throw error;
      process.stdout.write(`The receiver in Python was not run. ${error.message}\n`);
      return skip(error.message);
    });
    await expectReceives(await runReceiver("receiver.py", block("python"), join(programs, "python")));
  });
});

test("the commands of the page work as written, but for the ports", async () => {
  const receiver = await startReceiver((response) => response.end());
  const local = await startLocalMode({ TIME_SCALE: "10" });
  const backend = new MobileBackend(local);
  const written = commands.filter((line) => /^(TOKEN=|REPLY=|WEBHOOK=|MESSAGES?=|echo |curl )/.test(line));
  const others = commands.filter((line) => !written.includes(line));
  expect(others.filter((line) => !/^(npm|pip|WEBHOOK_(URL|SECRET)=)/.test(line))).toEqual([]);
  const script = written
    .map((line) => line.replaceAll("http://127.0.0.1:3000", local.apiUrl))
    .map((line) => line.replaceAll("http://127.0.0.1:4001", `http://127.0.0.1:${receiver.port}`))
    .join("\necho\n");
  const { stdout, stderr } = await promisify(execFile)("sh", ["-e", "-c", script]);
  expect(stderr).toBe("");
  expect(stdout).not.toContain('"error"');
  const replies = stdout
    .split("\n")
    .filter((line) => line.startsWith("{"))
    .map((line) => JSON.parse(line));
  expect(replies.map(({ type, secret }) => [type, typeof secret])).toEqual([
    ["webhook", "string"],
    ["list", "undefined"],
    ["list", "undefined"],
    [undefined, "undefined"],
    ["replay", "undefined"],
    ["webhook", "string"],
  ]);
  const [sent] = testMessagesReply.parse(replies[1]).data;
  expect(replies[3]).toMatchObject({ id: sent?.id });
  expect(new Set(receiver.requests.map(({ headers }) => headers["webhook-id"]))).toEqual(new Set([sent?.id]));
  expect(webhookListReply.parse((await backend.call("GET", WEBHOOKS)).json).data).toEqual([]);
});
