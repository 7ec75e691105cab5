import { randomUUID } from "node:crypto";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { build } from "esbuild";
import { Webhook } from "standardwebhooks";
import { expect, test, vi } from "vitest";
import { ApiError, connectionJobs } from "../../../client/client.ts";
import { CLIENT_PAGE, textOf } from "../../docs/pages.ts";
import { target } from "../../journeys/target.ts";
import { follow, portTaken, ROOT, temporaryDirectory } from "../support/program.ts";

const system = target();
const blocks = [...textOf(CLIENT_PAGE).matchAll(/```(?:ts|js)\n(.+?)```/gs)].map(([, block = ""]) => block);
const [CONNECT = "", APP = "", ERRORS = "", RECEIVER = ""] = blocks;

/** Writes a block of the page as a program for this local mode, and returns its path. */
async function program(name: string, block: string): Promise<string> {
  const { apiUrl, apiKey } = system();
  const folder = temporaryDirectory();
  const source = join(folder, `${name}.ts`);
  writeFileSync(
    source,
    block.replaceAll("http://127.0.0.1:3000", apiUrl).replaceAll("local-development-key", apiKey),
  );
  const outfile = join(folder, `${name}.mjs`);
  const alias = { "connection-jobs/client": join(ROOT, "client/client.ts") };
  await build({ entryPoints: [source], outfile, bundle: true, format: "esm", platform: "node", alias });
  return outfile;
}

test("the page has four programs, and these tests run each", () => {
  expect(blocks).toHaveLength(4);
});

test("the first program connects a bank, and tells what the bank says to a wrong answer", async () => {
  const { connectBank } = await import(await program("connect", CONNECT));
  const asked: string[] = [];
  const ask = (answer: string) => async (question: string) => {
    asked.push(question);
    return answer;
  };
  expect(await connectBank(randomUUID(), ask("1234"))).toBe("The bank is connected.");
  expect(await connectBank(randomUUID(), ask("0000"))).not.toBe("The bank is connected.");
  expect(asked).toEqual(["OTP Password", "OTP Password"]);
});

test("the app reads jobs with the token of its user from the backend", async () => {
  const { app, tokenFor } = await import(await program("app", APP));
  const userId = randomUUID();
  const real = globalThis.fetch;
  const backend: typeof fetch = async (input, init) =>
    String(input) === "https://backend.example.com/bank-token"
      ? new Response(await tokenFor(userId))
      : real(input, init);
  vi.stubGlobal("fetch", backend);
  try {
    const jobs: unknown[] = [];
    for await (const job of app.jobs(userId)) jobs.push(job);
    expect(jobs).toEqual([]);
    await expect(app.jobs(randomUUID()).next()).rejects.toMatchObject({ code: "unauthorized-access" });
  } finally {
    vi.unstubAllGlobals();
  }
});

test("the words for errors name the fields that are missing, the time to wait and the number for the operator", async () => {
  // The program has a copy of the client, with classes of its own.
  const module = await import(await program("errors", `${ERRORS}\nexport { ApiError, NetworkError };`));
  const wordsFor = (error: ConstructorParameters<typeof ApiError>[0]): string =>
    module.wordsFor(new module.ApiError(error));
  const { apiUrl: url, apiKey } = system();
  const client = connectionJobs({ url, apiKey });
  const login = { userId: randomUUID(), institutionId: "AU00002" };
  const data = { type: "error", title: "T" } as const;
  const limited = {
    status: 429,
    retryAfterSeconds: 7,
    errors: [{ ...data, code: "too-many-requests" }] as const,
  };
  const missing = await client.connect(login).catch((error: ApiError) => error);
  expect(wordsFor(missing instanceof ApiError ? missing : limited)).toBe("Please enter: loginId, password");
  expect(wordsFor(limited)).toContain("in 7 seconds");
  const unknown = { status: 500, correlationId: "c0ffee", errors: [{ ...data, code: "other" }] as const };
  expect(wordsFor(unknown)).toContain("c0ffee");
  expect(module.wordsFor(new module.NetworkError("https://api.example.com", ""))).toContain("no connection");
});

test("the receiver takes a message that is signed, and refuses another", async () => {
  const { port, close } = await portTaken();
  await close();
  const secret = "whsec_AAECAwQFBgcICQoLDA0ODw==";
  const receiver = follow([process.execPath, await program("receiver", RECEIVER.replace("4000", port))], {
    WEBHOOK_SECRET: secret,
  });
  const body = JSON.stringify({ eventTypeId: "job.succeeded", eventId: "5aa8" });
  const at = new Date();
  const headers = {
    "webhook-id": "m1",
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign("m1", at, body),
  };
  const post = (text: string) => fetch(`http://127.0.0.1:${port}/`, { method: "POST", headers, body: text });
  await expect
    .poll(() =>
      post(body).then(
        ({ status }) => status,
        () => 0,
      ),
    )
    .toBe(204);
  expect((await post(`${body} `)).status).toBe(400);
  expect(await receiver.prints(/^(job\.\w+ \w+)$/m)).toBe("job.succeeded 5aa8");
});
