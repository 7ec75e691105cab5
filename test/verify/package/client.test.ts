import { execFile } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { createContext, runInContext } from "node:vm";
import { Worker } from "node:worker_threads";
import { build, transform } from "esbuild";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import * as z from "zod";
import { ANSWERED, ASKING, SUCCEEDED } from "../client/parts/scripted-api.ts";
import { nodeOf } from "./node-of.ts";

const ROOT = join(import.meta.dirname, "../../..");
const EXAMPLE = join(import.meta.dirname, "connect.ts");
const CONNECTED = "The bank is connected.";

let folder = "";
let api: Server;
let url = "";
const received: string[] = [];

/** An API with one job, which asks once. */
function reply(line: string): object {
  received.push(line);
  if (line === "POST /token") return { access_token: "t", token_type: "Bearer", expires_in: 3600 };
  if (line.endsWith("/connections")) return { type: "job", id: "1", links: { self: `${url}/jobs/1` } };
  if (line.endsWith("/mfa")) return ANSWERED;
  return received.some((earlier) => earlier.endsWith("/mfa")) ? SUCCEEDED : ASKING;
}

/** Runs a program in the folder of the project. */
const run = (program: string, args: string[]) => promisify(execFile)(program, args, { cwd: folder });
const npmInstall = (...names: string[]) =>
  run("npm", ["install", "--prefer-offline", "--no-audit", "--no-fund", "--silent", ...names]);

/** An empty project with the package and nothing else. */
beforeAll(async () => {
  api = createServer((request, response) => {
    const body = JSON.stringify(reply(`${request.method} ${request.url}`));
    response.writeHead(200, { "content-type": "application/json", etag: `"${received.length}"` }).end(body);
  });
  await once(api.listen(0, "127.0.0.1"), "listening");
  url = `http://127.0.0.1:${z.object({ port: z.number() }).parse(api.address()).port}`;
  folder = await mkdtemp(join(tmpdir(), "connection-jobs-client-"));
  await writeFile(join(folder, "package.json"), JSON.stringify({ private: true, type: "module" }));
  await npmInstall(inject("packed").archive);
  const example = (await readFile(EXAMPLE, "utf8")).replace("http://127.0.0.1:3000", url);
  await writeFile(join(folder, "connect.ts"), example);
  const { code } = await transform(example, { loader: "ts", format: "esm" });
  await writeFile(join(folder, "connect.mjs"), code);
}, 240_000);
afterAll(async () => {
  await once(api.close(), "close");
  await rm(folder, { recursive: true, force: true });
});

test("the package alone installs nothing else, and its client imports nothing", async () => {
  const installed = (await readdir(join(folder, "node_modules"))).filter((name) => /^[\w@]/.test(name));
  expect(installed).toEqual(["connection-jobs"]);
  const client = await readFile(join(folder, "node_modules/connection-jobs/dist/client.js"), "utf8");
  expect(client).not.toMatch(/\bimport\b|\brequire\(|\bprocess\b|\bBuffer\b/);
});

describe.each(["NodeNext", "Bundler"])("an example type-checks with module resolution %s", (resolution) => {
  const module = resolution === "Bundler" ? "ESNext" : "NodeNext";

  test.each([["DOM,ES2022"], ["DOM,DOM.AsyncIterable,ES2024"]])(
    "and the library %s, without types of Node and of zod",
    async (lib) => {
      const checks = ["--strict", "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noEmit"];
      const modules = ["--module", module, "--moduleResolution", resolution, "--types", ""];
      const tsc = join(ROOT, "node_modules/.bin/tsc");
      const { stdout } = await run(tsc, [
        ...checks,
        ...modules,
        "--lib",
        lib,
        "--target",
        "ES2022",
        "connect.ts",
      ]).catch(z.object({ stdout: z.string() }).parse);
      expect(stdout).toBe("");
    },
  );
});

describe("the example connects a bank", () => {
  const USES = `
    import { connectBank } from "./connect.mjs";
    console.log(await connectBank("ea3a81", async (question) => question === "OTP Password" ? "1234" : ""));`;

  test.each(["20", "24"])("in Node.js %s", async (major) => {
    received.length = 0;
    await writeFile(join(folder, "uses.mjs"), USES);
    const node = await nodeOf(major, folder);
    expect((await run(node, ["--version"])).stdout).toMatch(new RegExp(`^v${major}\\.`));
    expect(await run(node, ["uses.mjs"])).toEqual({ stdout: `${CONNECTED}\n`, stderr: "" });
    expect(received).toContain("POST /jobs/1/mfa");
  });

  test("in a worker without the globals of Node.js", async () => {
    received.length = 0;
    // Node.js needs the global Buffer for its own fetch.
    const uses = `
      const { parentPort } = await import("node:worker_threads");
      for (const name of ["process", "require", "global", "setImmediate"]) delete globalThis[name];
      const { connectBank } = await import("./connect.mjs");
      parentPort.postMessage([typeof globalThis.process, await connectBank("ea3a81", async () => "1234")]);`;
    await writeFile(join(folder, "worker.mjs"), uses);
    const worker = new Worker(join(folder, "worker.mjs"));
    const [message] = await once(worker, "message");
    await worker.terminate();
    expect(message).toEqual(["undefined", CONNECTED]);
  });

  /** Bundles the example for an engine, and runs it where only these globals exist. */
  async function runAlone(target: string, globals: object): Promise<unknown> {
    received.length = 0;
    const { outputFiles } = await build({
      absWorkingDir: folder,
      entryPoints: ["connect.mjs"],
      bundle: true,
      platform: "browser",
      format: "iife",
      globalName: "example",
      target,
      write: false,
      logLevel: "error",
    });
    const context = createContext({ ...globals });
    return runInContext(
      `${outputFiles[0]?.text}; example.connectBank("ea3a81", async () => "1234")`,
      context,
    );
  }

  test("in a browser: as a bundle, with the globals of a page", async () => {
    const { fetch, AbortController, setTimeout, clearTimeout, crypto, Headers, TextEncoder, URL } =
      globalThis;
    const page = { fetch, AbortController, setTimeout, clearTimeout, crypto, Headers, TextEncoder, URL };
    expect(await runAlone("es2022", page)).toBe(CONNECTED);
  });

  test("as on React Native: older syntax, no crypto, no URL, and signals without a reason", async () => {
    class OldSignal extends EventTarget {
      aborted = false;
    }
    class OldController {
      readonly signal = new OldSignal();
      abort() {
        this.signal.aborted = true;
        this.signal.dispatchEvent(new Event("abort"));
      }
    }
    const { setTimeout, clearTimeout } = globalThis;
    // The fetch of Node.js takes only signals of its own.
    const fetchWithoutSignal: typeof fetch = (input, init) => fetch(input, { ...init, signal: null });
    const native = { fetch: fetchWithoutSignal, AbortController: OldController, setTimeout, clearTimeout };
    expect(await runAlone("es2017", native)).toBe(CONNECTED);
  });
});
