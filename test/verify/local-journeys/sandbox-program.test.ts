import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../../sandbox/server.ts";
import {
  connectionsPath,
  createBody,
  gavin,
  jared,
  openSandbox,
  start,
  stepMs,
} from "../../sandbox/open-sandbox.ts";
import { stubShape, tokenShape } from "../../sandbox/reply-shapes.ts";
import { LOOPBACK, listeningAddresses } from "../support/listening-sockets.ts";

const main = fileURLToPath(new URL("../../../sandbox/main.ts", import.meta.url));
const path = connectionsPath();

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe("the server", () => {
  test("does not start on a port that is taken", async () => {
    const port = Number(new URL((await openSandbox()).url).port);
    await expect(startSandbox({ port })).rejects.toMatchObject({ code: "EADDRINUSE", port });
  });

  test("listens on this machine only", async () => {
    await openSandbox();
    expect(new Set(listeningAddresses(process.pid))).toEqual(new Set([LOOPBACK]));
  });

  test("delays one call and not the next, and can be closed meanwhile, even twice", async () => {
    const bank = await openSandbox();
    await bank.fault("POST", path, 1, { delayMs: 600_000 });
    const delayed = expect(bank.send("POST", path, { body: createBody })).rejects.toThrow(TypeError);
    while ((await bank.ledger()).length < 2) await new Promise(setImmediate);
    expect(await bank.jobsOf()).toEqual([]);
    await bank.create("AU00000", gavin);
    expect(await bank.jobsOf()).toHaveLength(1);
    await bank.close();
    await delayed;
    await bank.close();
    await expect(fetch(bank.url)).rejects.toThrow(TypeError);
  });

  test.each([
    ["before", 0],
    ["after", 1],
  ])("can reset a connection %s the work", async (reset, jobs) => {
    const bank = await openSandbox();
    await bank.fault("POST", path, 1, { reset });
    await expect(bank.send("POST", path, { body: createBody })).rejects.toThrow(TypeError);
    expect(await bank.jobsOf()).toHaveLength(jobs);
  });

  test("can lose the reply to an answer that it accepted", async () => {
    const bank = await openSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    await bank.fault("POST", "/jobs/*/mfa", 1, { reset: "after" });
    await expect(bank.answer(id, ["1234"])).rejects.toThrow(TypeError);
    expect((await bank.step(id, "mfa-challenge"))?.result).toBeNull();
  });
});

describe("the data file", () => {
  test("contains everything that was acknowledged, without an orderly end", async () => {
    const dataFile = join(await newFolder(), "new", "state.json");
    const first = await openSandbox({ dataFile });
    const id = await first.createAndVerify("AU00003", jared);
    await first.answer(id, ["1234"]);
    await first.control("PUT", "/institutions/AU00004", { status: "major-outage", outage: "queue" });
    const queued = await first.create("AU00004", gavin);
    const token = await first.newToken();
    await first.fault("GET", "/x", 2, { status: 500 });
    const calls = await first.ledger();

    const second = await openSandbox({ dataFile, at: start + 2 * stepMs, timeScale: 50 });
    expect(await second.statuses(id)).toEqual(["success", "success", "in-progress", "pending"]);
    expect(await second.statuses(queued)).toEqual(["pending", "pending", "pending"]);
    expect((await second.send("GET", "/institutions", { token })).status).toBe(200);
    expect((await second.ledger()).slice(0, calls.length)).toEqual(calls);
    expect((await second.send("GET", "/x")).status).toBe(500);
    second.pass(2 * stepMs);
    const skipped = await second.createAndVerify("AU00003", jared);
    expect((await second.step(skipped, "mfa-challenge"))?.status).toBe("skipped");
    await second.control("PUT", "/institutions/AU00004", { status: "operational" });
    expect((await second.statuses(queued))[0]).toBe("in-progress");
  });

  test("of the version before is read, and only its tokens are forgotten", async () => {
    const dataFile = join(await newFolder(), "state.json");
    const first = await openSandbox({ dataFile });
    const id = await first.create("AU00000", gavin);
    const token = await first.newToken();
    const { tokens, ...others } = JSON.parse(await readFile(dataFile, "utf8"));
    const tokenExpiries = tokens.map(([digest, { expiresAt }]: [string, { expiresAt: number }]) => [
      digest,
      expiresAt,
    ]);
    await writeFile(dataFile, JSON.stringify({ ...others, tokenExpiries }));
    const second = await openSandbox({ dataFile });
    expect((await second.jobsOf()).map((job) => job.id)).toEqual([id]);
    await second.refused(401, "GET", "/institutions", { token });
  });

  test("contains the newest 2,000 calls, of the 20,000 that the ledger shows", async () => {
    const dataFile = join(await newFolder(), "state.json");
    await (await openSandbox({ dataFile })).send("GET", "/older");
    const { ledger, ...others } = JSON.parse(await readFile(dataFile, "utf8"));
    const calls = Array.from({ length: 20_000 }, (_, n) => ({ ...ledger[0], path: `/${n}` }));
    await writeFile(dataFile, JSON.stringify({ ...others, ledger: [...ledger, ...calls] }));
    const second = await openSandbox({ dataFile });
    await second.send("GET", "/newest");
    const shown = await second.ledger();
    expect([shown.length, shown[0]?.path]).toEqual([20_000, "/2"]);
    expect(shown.slice(-2).map((call) => call.path)).toEqual(["/token", "/newest"]);
    expect(JSON.parse(await readFile(dataFile, "utf8")).ledger).toEqual(shown.slice(-2_000));
  });

  test("contains the work of a call whose reply was lost", async () => {
    const dataFile = join(await newFolder(), "state.json");
    const bank = await openSandbox({ dataFile });
    await bank.fault("POST", path, 1, { reset: "after" });
    await expect(bank.send("POST", path, { body: createBody })).rejects.toThrow();
    expect(JSON.parse(await readFile(dataFile, "utf8")).jobs).toHaveLength(1);
  });

  test("contains each of many calls at once, and no other file is left", async () => {
    const folder = await newFolder();
    const bank = await openSandbox({ dataFile: join(folder, "state.json") });
    const users = Array.from({ length: 40 }, (_, n) => `user-${n}`);
    const ids = await Promise.all(users.map((user) => bank.create("AU00000", gavin, user)));
    const stored = JSON.parse(await readFile(join(folder, "state.json"), "utf8"));
    expect(new Set(stored.jobs.map((job: { id: string }) => job.id))).toEqual(new Set(ids));
    expect(await readdir(folder)).toEqual(["state.json"]);
  });

  test.each(["", "{", "[]", '{"jobs":[{"id":1}],"password":"hooli2016"}'])(
    "is refused with the content %j, which is neither changed nor quoted",
    async (text) => {
      const dataFile = join(await newFolder(), "state.json");
      await writeFile(dataFile, text);
      const started = startSandbox({ port: 0, dataFile });
      await expect(started).rejects.toThrow(/^The sandbox's data file is not one of its states: [^"]*$/);
      expect(await readFile(dataFile, "utf8")).toBe(text);
    },
  );

  test("is refused if it cannot be read or written", async () => {
    const folder = await newFolder();
    await expect(startSandbox({ port: 0, dataFile: folder })).rejects.toThrow("cannot be read");
    await writeFile(join(folder, "file"), "");
    const started = startSandbox({ port: 0, dataFile: join(folder, "file", "state.json") });
    await expect(started).rejects.toThrow(/cannot be (read|written)/);
  });

  test("that cannot be written any more makes a call fail, and not the program", async () => {
    const folder = await newFolder();
    const bank = await openSandbox({ dataFile: join(folder, "data", "state.json") });
    await rm(join(folder, "data"), { recursive: true });
    await writeFile(join(folder, "data"), "");
    const [error] = await bank.refused(500, "GET", "/institutions");
    expect(error?.code).toBe("internal-server-error");
    await rm(join(folder, "data"));
    expect((await bank.send("GET", "/institutions")).status).toBe(200);
  });
});

describe("the program", () => {
  function run(environment: Readonly<Record<string, string>>) {
    const program = spawn(process.execPath, [main], { env: environment, stdio: ["ignore", "pipe", "pipe"] });
    let output = "";
    for (const stream of [program.stdout, program.stderr]) {
      stream.setEncoding("utf8").on("data", (chunk: string) => {
        output += chunk;
      });
    }
    onTestFinished(() => void program.kill("SIGKILL"));
    const url = async () => {
      await expect.poll(() => output).toMatch(/^Sandbox listening on http:\/\/127\.0\.0\.1:\d+\n$/);
      return output.trim().split(" ").at(-1) ?? "";
    };
    return { program, output: () => output, url };
  }

  const tokenFrom = (url: string, key: string) =>
    fetch(`${url}/token`, {
      method: "POST",
      headers: { authorization: `Basic ${key}`, "basiq-version": "2.1" },
    });

  const empty = { SANDBOX_PORT: "0", TIME_SCALE: "", SANDBOX_DATA_FILE: "" };

  test.each([
    [404, "only-this", "SIGINT"],
    [200, "", "SIGTERM"],
  ] as const)("replies %i to another key if its key is %j, and ends with %s", async (status, key, signal) => {
    const { program, url } = run({ ...empty, SANDBOX_API_KEY: key });
    const address = await url();
    expect((await tokenFrom(address, "other")).status).toBe(status);
    expect((await tokenFrom(address, "only-this")).status).toBe(200);
    program.kill(signal);
    expect(await once(program, "exit")).toEqual([0, null]);
  });

  test("loses nothing that was acknowledged when it is killed", async () => {
    const dataFile = join(await newFolder(), "state.json");
    const { program, url } = run({ SANDBOX_PORT: "0", SANDBOX_DATA_FILE: dataFile });
    const address = await url();
    const token = tokenShape.parse(await (await tokenFrom(address, "key")).json()).access_token;
    const created = await fetch(`${address}${path}`, {
      method: "POST",
      headers: { authorization: `Bearer ${token}`, "content-type": "application/json" },
      body: JSON.stringify(createBody),
    });
    const { id } = stubShape.parse(await created.json());
    program.kill("SIGKILL");
    await once(program, "exit");
    const bank = await openSandbox({ dataFile, at: Date.now() });
    expect((await bank.send("GET", `/jobs/${id}`, { token })).status).toBe(200);
  });

  test("exits with one line that names a taken port, or each invalid setting", async () => {
    const { port } = new URL((await openSandbox()).url);
    const onTakenPort = run({ SANDBOX_PORT: port });
    expect(await once(onTakenPort.program, "close")).toEqual([1, null]);
    expect(onTakenPort.output()).toBe(`Port ${port} is taken. Set SANDBOX_PORT to another one.\n`);
    const misconfigured = run({ SANDBOX_PORT: "70000", TIME_SCALE: "0", CONSENT_RETURN_URL: "back" });
    expect(await once(misconfigured.program, "close")).toEqual([1, null]);
    expect(misconfigured.output()).toBe(
      "Not valid in the environment: SANDBOX_PORT, TIME_SCALE, CONSENT_RETURN_URL\n",
    );
  });
});
