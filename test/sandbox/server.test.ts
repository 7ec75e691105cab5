import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as wait } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../sandbox/server.ts";
import { LOOPBACK, listeningAddresses } from "../support/listening-sockets.ts";
import { gavin, openSandbox } from "./open-sandbox.ts";
import { stubShape, tokenShape } from "./reply-shapes.ts";

const main = fileURLToPath(new URL("../../sandbox/main.ts", import.meta.url));

function run(environment: Readonly<Record<string, string>>): { program: ChildProcess; said: () => string } {
  const program = spawn(process.execPath, [main], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
  let text = "";
  for (const stream of [program.stdout, program.stderr]) {
    stream.setEncoding("utf8").on("data", (chunk: string) => {
      text += chunk;
    });
  }
  onTestFinished(() => void program.kill("SIGKILL"));
  return { program, said: () => text };
}

describe("startSandbox", () => {
  test("rejects when the port is taken", async () => {
    const bank = await openSandbox();
    const port = Number(new URL(bank.url).port);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: "EADDRINUSE", port });
  });

  test("listens on this machine only", async () => {
    await openSandbox();
    expect(new Set(listeningAddresses(process.pid))).toEqual(new Set([LOOPBACK]));
  });

  test("closes while a client keeps its connection and a reply is delayed", async () => {
    const bank = await openSandbox();
    await bank.control("PUT", "/faults", [{ method: "GET", path: "/x", times: 1, do: { delayMs: 600_000 } }]);
    const pending = expect(bank.send("GET", "/x")).rejects.toThrow(TypeError);
    while ((await bank.ledger()).length < 2) await new Promise(setImmediate);
    await bank.close();
    await pending;
    await expect(fetch(bank.url)).rejects.toThrow(TypeError);
  });

  test("can be closed twice", async () => {
    const bank = await openSandbox();
    await bank.close();
    await bank.close();
  });
});

describe("the program", () => {
  test("says where it listens, and ends when interrupted", async () => {
    const { program, said } = run({ SANDBOX_PORT: "0", TIME_SCALE: "100", SANDBOX_API_KEY: "only-this" });
    while (!said().includes("\n")) await wait(5);
    const [line, url] = /^Sandbox listening on (http:\/\/127\.0\.0\.1:\d+)\n$/.exec(said()) ?? [];
    expect(said()).toBe(line);
    const token = (key: string) =>
      fetch(`${url}/token`, {
        method: "POST",
        headers: { authorization: `Basic ${key}`, "basiq-version": "3.0" },
      });
    expect([(await token("only-this")).status, (await token("other")).status]).toEqual([200, 404]);
    program.kill("SIGINT");
    expect(await once(program, "exit")).toEqual([0, null]);
  });

  test("loses nothing that was acknowledged when it is killed", async () => {
    const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
    onTestFinished(() => rm(folder, { recursive: true }));
    const dataFile = join(folder, "state.json");
    const { program, said } = run({ SANDBOX_PORT: "0", SANDBOX_DATA_FILE: dataFile });
    while (!said().includes("\n")) await wait(5);
    const url = said().trim().split(" ").at(-1) ?? "";
    const headers = { authorization: "Basic key", "basiq-version": "3.0" };
    const issued = await fetch(`${url}/token`, { method: "POST", headers });
    const token = tokenShape.parse(await issued.json()).access_token;
    const created = await fetch(`${url}/users/user-1/connections`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify({ ...gavin, institution: { id: "AU00000" } }),
    });
    const { id } = stubShape.parse(await created.json());
    program.kill("SIGKILL");
    await once(program, "exit");
    const bank = await openSandbox({ dataFile, at: Date.now() });
    expect((await bank.send("GET", `/jobs/${id}`, { token })).status).toBe(200);
  });

  test("takes an empty setting for none, and ends when terminated", async () => {
    const { program, said } = run({
      SANDBOX_PORT: "0",
      TIME_SCALE: "",
      SANDBOX_DATA_FILE: "",
      SANDBOX_API_KEY: "",
    });
    while (!said().includes("\n")) await wait(5);
    expect(said()).toContain("Sandbox listening on ");
    program.kill("SIGTERM");
    expect(await once(program, "exit")).toEqual([0, null]);
  });

  test("says in one line that its port is taken", async () => {
    const { port } = new URL((await openSandbox()).url);
    const { program, said } = run({ SANDBOX_PORT: port });
    expect(await once(program, "close")).toEqual([1, null]);
    expect(said()).toBe(`Port ${port} is taken. Set SANDBOX_PORT to another one.\n`);
  });

  test("names everything that is not valid in its environment", async () => {
    const { program, said } = run({ SANDBOX_PORT: "70000", TIME_SCALE: "0" });
    expect(await once(program, "close")).toEqual([1, null]);
    expect(said()).toBe("Not valid in the environment: SANDBOX_PORT, TIME_SCALE\n");
  });
});
