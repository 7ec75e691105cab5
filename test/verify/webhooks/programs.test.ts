import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { Webhook } from "standardwebhooks";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { webhookListReply } from "../../../functions/http/reply-schemas.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import {
  LOCAL_MODE,
  type LocalMode,
  manyLives,
  portTaken,
  ROOT,
  startLocalMode,
  startProgram,
} from "../support/program.ts";
import { startReceiver } from "./receiver.ts";

const PROGRAM = "infra/webhooks/main.ts";
const WEBHOOKS = "/notifications/webhooks";
const EXITS_WITH_1 = { code: 1, signal: null };

/** One local mode serves all tests of this file that need no other. */
let local: LocalMode;
let backend: MobileBackend;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  local = await startLocalMode({ TIME_SCALE: "10" }, (stop) => stops.push(stop));
  backend = new MobileBackend(local);
});
afterAll(() => Promise.all(stops.map((stop) => stop())));

const webhooksOf = async (system: MobileBackend) =>
  webhookListReply.parse((await system.call("GET", WEBHOOKS)).json).data;

describe("WEBHOOK_URL", () => {
  test("makes one webhook for all starts with a DATA_DIR, and only the first start shows its secret", async () => {
    const receiver = await startReceiver((response) => response.end());
    const start = await manyLives({ TIME_SCALE: "10", WEBHOOK_URL: receiver.url });
    const first = await start();
    const line =
      /^Webhook: {2}(\S+) has the new webhook (\S+)\. Its secret is shown only here: (whsec_\S+)$/m;
    const [, url, id, secret = ""] = line.exec(first.walkThrough) ?? [];
    expect(url).toBe(receiver.url);
    expect(await first.end("SIGINT")).toMatchObject({ code: 0 });

    const second = await start();
    expect(second.walkThrough).toContain(
      `\nWebhook:  ${url} has the webhook ${id} (active) of an earlier start, which showed its secret.\n`,
    );
    expect(second.walkThrough).not.toContain("whsec_");
    const again = new MobileBackend(second);
    expect((await webhooksOf(again)).map((webhook) => webhook.id)).toEqual([id]);
    await again.untilOver(await again.startJob(HOOLI, LOGINS.gavin));
    const received = () =>
      receiver.requests.map(({ body, headers }) =>
        new Webhook(secret).verify(body, { ...headersOf(headers) }),
      );
    await expect
      .poll(received)
      .toEqual(
        expect.arrayContaining(
          ["job.created", "job.succeeded"].map((eventTypeId) => expect.objectContaining({ eventTypeId })),
        ),
      );
  });

  test("ends local mode with one line if it is the address of the API", async () => {
    const { port: PORT, close } = await portTaken();
    await close();
    const program = startProgram(LOCAL_MODE, {
      PORT,
      SANDBOX_PORT: "0",
      WEBHOOK_URL: `http://localhost:${PORT}/hook`,
    });
    expect(await program.ended()).toEqual({
      ...EXITS_WITH_1,
      stdout: "",
      stderr: "WEBHOOK_URL gets no webhook. URL must not have the host of this API.\n",
    });
  });
});

describe("npm run webhooks", () => {
  const start = (args: readonly string[] = ["--port", "0"]) =>
    startProgram(PROGRAM, { PORT: new URL(local.apiUrl).port }, undefined, args);
  const READY = /^(http\S+) receives what the webhook \S+ of .+$/m;

  test("prints each event of a job once, verified, and deletes its webhook on Ctrl-C", async () => {
    const program = start();
    await program.prints(READY);
    const jobId = await backend.startJob(HOOLI, LOGINS.gavin);
    await program.prints(/^.+ {2}job\.succeeded .+$/m);
    // Both the terminal and npm send the signal.
    process.kill(program.pid, "SIGINT");
    const { code, stdout, stderr } = await program.end("SIGINT");
    expect([code, stderr]).toEqual([0, ""]);
    const lines = stdout.split("\n").filter((line) => line.includes(jobId));
    const cells = lines.map((line) => line.split(/ {2,}/));
    const shown = cells.map(([, type, about, sequence, , signature]) => [type, about, sequence, signature]);
    expect(shown.at(0)).toEqual(["job.created", `/jobs/${jobId}`, "1", "verified"]);
    expect(shown.at(-1)?.[0]).toBe("job.succeeded");
    expect(new Set(shown.map(([, , sequence]) => sequence)).size).toBe(lines.length);
    expect(
      cells.every(
        ([time = "", , , , delay = ""]) => !Number.isNaN(Date.parse(time)) && /^\d+ s$/.test(delay),
      ),
    ).toBe(true);
    expect(await webhooksOf(backend)).toEqual([]);
  });

  test("prints no content of a request that has no right signature, and refuses it", async () => {
    const program = start();
    const url = await program.prints(READY);
    const { status } = await fetch(url, { method: "POST", body: '{"eventTypeId":"job.forged"}' });
    expect(status).toBe(400);
    await program.prints(/NOT VERIFIED/);
    expect((await program.end("SIGINT")).stdout).not.toContain("forged");
  });

  test("deletes the webhook of a run that was killed, and not that of a run that goes on", async () => {
    const killed = start();
    await killed.prints(READY);
    await killed.end("SIGKILL");
    const goesOn = start();
    const url = await goesOn.prints(READY);
    const third = start();
    const thirdUrl = await third.prints(READY);
    expect((await webhooksOf(backend)).map((webhook) => webhook.url)).toEqual([url, thirdUrl]);
    await goesOn.end("SIGINT");
    await third.end("SIGINT");
    expect(await webhooksOf(backend)).toEqual([]);
  });

  test("ends, and deletes its webhook, when the reader of its pipe has ended", async () => {
    const pipe = `${process.execPath} ${PROGRAM} --url ${local.apiUrl} --port 0 | head -n 3`;
    const read = promisify(execFile)("sh", ["-c", pipe], { cwd: ROOT });
    await expect.poll(() => webhooksOf(backend)).toHaveLength(1);
    await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));
    expect((await read).stdout).toMatch(READY);
    await expect.poll(() => webhooksOf(backend)).toEqual([]);
  });

  test.each<[string, string, () => Promise<{ variables?: Record<string, string>; args?: string[] }>]>([
    [
      "no API answers",
      "No API answers at http://127.0.0.1:9. Start it with npm start, or name its address after --url.",
      async () => ({ args: ["--url", "http://127.0.0.1:9"] }),
    ],
    [
      "the API key is not valid",
      "The API at URL does not accept the API key. Set LOCAL_API_KEY to its key.",
      async () => ({ variables: { LOCAL_API_KEY: "another-key" } }),
    ],
    [
      "the port is taken",
      "Port PORT is taken. Name another one after --port.",
      async () => ({ args: ["--port", new URL(local.sandboxUrl).port] }),
    ],
    [
      "the limit of webhooks is reached",
      "There is no webhook: The limit of webhooks is reached. Delete one first.",
      async () => {
        for (let number = 1; number <= 10; number++) {
          await backend.call("POST", WEBHOOKS, { url: `https://receiver.invalid/${number}` });
        }
        return {};
      },
    ],
  ])("says in one line that %s, and ends with 1", async (_, message, given) => {
    const { variables, args = ["--port", "0"] } = await given();
    const environment = { PORT: new URL(local.apiUrl).port, ...variables };
    const said = await startProgram(PROGRAM, environment, undefined, args).ended();
    const expected = message.replace("URL", local.apiUrl).replace("PORT", new URL(local.sandboxUrl).port);
    expect(said).toEqual({ ...EXITS_WITH_1, stdout: "", stderr: `${expected}\n` });
    for (const { id } of await webhooksOf(backend)) await backend.call("DELETE", `${WEBHOOKS}/${id}`);
  });

  test("names its options after a wrong one", async () => {
    const said = await start(["--ports", "1"]).ended();
    expect(said).toMatchObject({ code: 2, stdout: "", stderr: "Only --url, --port and --help go.\n" });
  });
});

function headersOf(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
