import { createServer } from "node:http";
import { buffer } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { Webhook } from "standardwebhooks";
import { describe, expect, onTestFinished, test } from "vitest";
import { COMMANDS } from "../../../infra/cli/commands.ts";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { API_KEY, localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { startProgram } from "../support/program.ts";
import { type CliOptions, OPEN, runCli, startCli } from "./run-cli.ts";

const system = localSystem(10);
const NOBODY = "00000000-0000-4000-8000-000000000000";

/** As in a terminal in which local mode has its own key. */
const variables = () => ({ PORT: new URL(system().apiUrl).port, LOCAL_API_KEY: API_KEY });
/** The first words of each command line that was run. */
const ran: string[] = [];
const start = (args: string[], options: CliOptions = {}) => {
  ran.push(args.slice(0, 2).join(" "));
  return startCli(args, { variables: variables(), ...options });
};
const cli = (args: string[], stdin?: string) => start(args, stdin === undefined ? {} : { stdin }).ended();
const connect = (user: string, bank: string, name: keyof typeof LOGINS, ...more: string[]) => ({
  args: ["connect", bank, "--user", user, "--login-stdin", ...more],
  stdin: JSON.stringify(LOGINS[name]),
});
const backend = (user?: string) => new MobileBackend(targetOf(system()), user);
const linesOf = (text: string) => text.trimEnd().split("\n");
const objectsOf = (text: string) => linesOf(text).map((line) => JSON.parse(line));

describe("connect", () => {
  test("A login on standard input connects a bank: one line for each change, and 0 at the end", async ({
    expect,
  }) => {
    const { args, stdin } = connect("u-plain", HOOLI, "gavin");
    const { code, stdout, stderr } = await cli(args, stdin);
    expect([code, stderr]).toEqual([0, ""]);
    const lines = linesOf(stdout);
    expect(lines[0]).toMatch(/^Job [0-9a-f-]{36}$/);
    expect(
      lines.slice(1, -1).every((line) => /^ +\d+\.\d s {2}[a-z-]+ +(in-progress|success)$/.test(line)),
    ).toBe(true);
    expect(lines.filter((line) => line.endsWith("success"))).toHaveLength(3);
    expect(lines.at(-1)).toBe("The bank is connected.");
  });

  test("With --json, each line is the whole job", async ({ expect }) => {
    const { args, stdin } = connect("u-json", HOOLI, "gavin", "--json");
    const { code, stdout, stderr } = await cli(args, stdin);
    expect([code, stderr]).toEqual([0, ""]);
    const jobs = objectsOf(stdout);
    expect(new Set(jobs.map(({ id }) => id)).size).toBe(1);
    expect(new Set(jobs.map((job) => JSON.stringify(job))).size).toBe(jobs.length);
    expect(jobs.at(-1).steps.map(({ status }: { status: string }) => status)).toEqual(
      Array(3).fill("success"),
    );
  });

  test.each([
    ["the bank refuses the login", "bighead", 3, "Account is locked"],
    ["the bank is down", "jianYang", 5, "The job waits in the queue. Attempt 1 of 85 is over"],
  ] as const)("Ends with a code of its own if %s", async (_, name, exitCode, words) => {
    const { args, stdin } = connect(`u-${name}`, HOOLI, name);
    const { code, stdout } = await cli(args, stdin);
    expect(code).toBe(exitCode);
    expect(stdout).toContain(words);
  });

  test("A login with a missing field is refused in the API's words, and ends with 3", async () => {
    const { code, stdout, stderr } = await cli(
      ["connect", HOOLI, "--user", "u-miss", "--login-stdin"],
      '{"loginId":"a-canary"}',
    );
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toBe("Password parameter is required. (parameter-not-supplied)\n");
  });

  test("An unknown bank is named as such, and not as a wrong key", async () => {
    const { args, stdin } = connect("u-bank", "AU99999", "gavin");
    expect(await cli(args, stdin)).toEqual({
      code: 3,
      stdout: "",
      stderr: "Requested institution does not exist. (parameter-not-valid)\n",
    });
  });

  describe("on a terminal", () => {
    /** Types each text as soon as standard error ends with its question. */
    async function atTerminal(args: string[], typed: readonly [question: RegExp, keys: string][]) {
      const running = start(args, { isTerminal: true });
      for (const [question, keys] of typed) {
        await expect.poll(() => stripVTControlCharacters(running.printed.stderr)).toMatch(question);
        running.printed.stderr = "";
        running.type(keys);
      }
      const { code, stdout } = await running.ended();
      return { code, shown: stripVTControlCharacters(stdout) };
    }

    test("A person types the login and the answer, and sees the steps", async () => {
      const { code, shown } = await atTerminal(
        ["connect", PIED_PIPER, "--user", "u-typing"],
        [
          [/Login: $/, "jared\r"],
          [/Password: $/, "django\r"],
          [/OTP Password \(\d+:\d\d left\): $/, "1234\r"],
        ],
      );
      expect(code).toBe(0);
      expect(shown).toMatch(/verify-credentials +success +\d+\.\d s\n/);
      expect(shown).toMatch(/The bank is connected\.\n$/);
      expect(shown).not.toMatch(/django|1234/);
    });

    test("A person chooses a test bank and a test user", async () => {
      const { code, shown } = await atTerminal(
        ["connect", "--user", "u-choosing"],
        [
          [/Bank \(arrow keys/, "\r"],
          [/Test user \(arrow keys/, "\r"],
        ],
      );
      expect([code, shown.split("\n").at(-2)]).toEqual([0, "The bank is connected."]);
    });

    test("A login that is typed for --login-stdin is refused, because the terminal would show it", async () => {
      const { args, stdin } = connect("u-shown", HOOLI, "gavin");
      const { code, stderr } = await start(args, { isTerminal: true, stdin }).ended();
      expect([code, linesOf(stderr)[0]]).toEqual([
        2,
        "--login-stdin reads a file or a pipe. Leave it out, and a prompt asks for the login.",
      ]);
    });

    test("Ctrl-C at a question ends the program with 130, and no login is sent", async () => {
      const args = ["connect", HOOLI, "--user", "u-giving-up"];
      expect((await atTerminal(args, [[/Login: $/, "\u0003"]])).code).toBe(130);
      expect(await backend("u-giving-up").loginsSent()).toBe(0);
    });
  });

  test("A login for which a job is queued already is not sent, and this is said", async () => {
    await cli(["sandbox", "outage", HOOLI]);
    const { args, stdin } = connect("u-queued", HOOLI, "gavin");
    const first = await cli(args, stdin);
    const second = await cli(args, stdin);
    await cli(["sandbox", "outage", HOOLI, "--over"]);
    expect([first.code, first.stderr, second.code]).toEqual([5, "", 5]);
    expect(second.stderr).toMatch(
      /^A job for this user and bank runs already\. This login was not sent.+\n$/,
    );
    expect(linesOf(second.stdout)[0]).toBe(linesOf(first.stdout)[0]);
  });

  test("Without a terminal and without --login-stdin, no login is sent", async () => {
    const { code, stderr } = await cli(["connect", HOOLI, "--user", "u-none"]);
    expect([code, linesOf(stderr)[0]]).toEqual([
      2,
      "There is no terminal to ask for the login. Pass it to standard input, with --login-stdin.",
    ]);
  });
});

describe("a challenge", () => {
  const challenged = async (
    { expect: wait }: { expect: typeof expect },
    user: string,
    name: keyof typeof LOGINS = "jared",
  ) => {
    const { args, stdin } = connect(user, PIED_PIPER, name);
    const connecting = start(args, { stdin });
    await wait.poll(() => connecting.printed.stdout).toContain("To answer: connection-jobs answer ");
    return { connecting, id: /^Job (\S+)$/m.exec(connecting.printed.stdout)?.[1] ?? "" };
  };

  test("An answer from standard input is taken, and the job that is followed goes on", async ({ expect }) => {
    const { connecting, id } = await challenged({ expect }, "u-answer");
    const answered = await cli(["answer", id], "1234\n");
    expect(answered).toMatchObject({ code: 0, stderr: "" });
    const { code, stdout } = await connecting.ended();
    expect(code).toBe(0);
    expect(stdout).toContain("in-progress, the bank asks: OTP Password");
    expect(stdout + answered.stdout).not.toContain("1234");
  });

  test("Two questions need two lines, in their order", async ({ expect }) => {
    const { connecting, id } = await challenged({ expect }, "u-two", "whistler");
    const one = await cli(["answer", id], "Basiq\n");
    expect(one.code).toBe(2);
    expect(one.stderr).toContain("asks 2 questions, and standard input needs one line for each. It has 1.");
    expect(await cli(["answer", id], "Basiq\nAU00000\n")).toMatchObject({ code: 0 });
    expect(await connecting.ended()).toMatchObject({ code: 0 });
  });

  test("A wrong answer ends with 3, in the bank's words, for the answer and for the job that is followed", async ({
    expect,
  }) => {
    const { connecting, id } = await challenged({ expect }, "u-wrong");
    const answered = await cli(["answer", id], "9876\n");
    expect(answered.code).toBe(3);
    expect(answered.stdout + answered.stderr).not.toContain("9876");
    const { code, stdout } = await connecting.ended();
    expect(code).toBe(3);
    expect(stdout).toContain("mfa-challenge failed: ");
  });

  test("A challenge that nobody answers ends with 4, and a cancelled job with 1", async ({ expect }) => {
    const expiring = await challenged({ expect }, "u-expires");
    const cancelled = await challenged({ expect }, "u-cancelled");
    expect(await cli(["cancel", cancelled.id])).toMatchObject({ code: 0, stderr: "" });
    expect(await cancelled.connecting.ended()).toMatchObject({
      code: 1,
      stdout: expect.stringContaining("(job-cancelled)"),
    });
    expect(await expiring.connecting.ended()).toMatchObject({
      code: 4,
      stdout: expect.stringContaining("(mfa-expired)"),
    });
    expect(await cli(["answer", expiring.id], "1234\n")).toMatchObject({
      code: 4,
      stdout: expect.stringContaining("asks nothing"),
    });
  });

  test("Ctrl-C leaves the job running, says how to go on, and ends with 130", async ({ expect }) => {
    const { connecting, id } = await challenged({ expect }, "u-interrupted");
    connecting.interrupt();
    const { code, stderr } = await connecting.ended();
    expect([code, stderr]).toEqual([130, `The job goes on. To follow it:\n  connection-jobs watch ${id}\n`]);
    const answering = start(["answer", id], { stdin: OPEN });
    await expect.poll(answering.isReading).toBe(true);
    answering.interrupt();
    expect(await answering.ended()).toEqual({ code: 130, stdout: "", stderr: "" });
    const watching = start(["watch", id, "--json"]);
    await expect.poll(() => watching.printed.stdout).toContain('"type":"mfa"');
    await cli(["answer", id], "1234");
    expect(await watching.ended()).toMatchObject({ code: 0 });
  });
});

test("A queued job is resumed and followed; if its bank is still down, it ends with 5 again", async () => {
  const user = "u-resume";
  expect(await cli(["sandbox", "outage", HOOLI])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("The bank is down."),
  });
  const { args, stdin } = connect(user, HOOLI, "gavin", "--json");
  const { code, stdout } = await cli(args, stdin);
  expect(code).toBe(5);
  const { id } = objectsOf(stdout)[0];
  const still = await cli(["resume", id]);
  expect(still).toMatchObject({ code: 5, stdout: expect.stringContaining("The job waits in the queue.") });
  expect(await cli(["sandbox", "outage", HOOLI, "--over"])).toMatchObject({ code: 0 });
  expect(await cli(["resume", id])).toMatchObject({
    code: 0,
    stdout: expect.stringContaining("The bank is connected."),
  });
  expect(await cli(["resume", id])).toMatchObject({ code: 3, stdout: "" });
  const jobs = await cli(["jobs", "--user", user]);
  expect(jobs.stdout).toMatch(new RegExp(`^JOB .+\\n${id} .+ AU00000 +succeeded\\n$`));
});

describe("the sandbox", () => {
  test("A fault makes the next call fail, and a reset ends it", async () => {
    const fault = await cli([
      "sandbox",
      "fault",
      "GET",
      "/institutions",
      "--status",
      "503",
      "--times",
      "2",
      "--json",
    ]);
    expect(JSON.parse(fault.stdout)).toEqual({
      faults: [{ method: "GET", path: "/institutions", times: 2, do: { status: 503 } }],
    });
    expect(await cli(["sandbox", "reset"])).toMatchObject({ code: 0, stderr: "" });
  });

  test("An unknown bank is named", async () => {
    expect(await cli(["sandbox", "outage", "AU99999"])).toEqual({
      code: 1,
      stdout: "",
      stderr: "The sandbox has no such bank.\n",
    });
  });
});

describe("events", () => {
  test("Lists the events of a user, and follows new ones until Ctrl-C", async ({ expect }) => {
    const following = start(["events", "--follow", "--user", "u-events", "--json"]);
    const jobId = await backend("u-events").startJob(HOOLI, LOGINS.gavin);
    await expect.poll(() => following.printed.stdout).toContain('"eventType":"succeeded"');
    following.interrupt();
    const { code, stdout } = await following.ended();
    expect(code).toBe(130);
    const types = objectsOf(stdout).map(({ eventType }) => eventType);
    expect([types[0], types.at(-1)]).toEqual(["created", "succeeded"]);
    const listed = await cli(["events", "--user", "u-events"]);
    expect(linesOf(listed.stdout)).toHaveLength(types.length);
    expect(listed.stdout).toMatch(
      new RegExp(`^\\S+ {2}job.created +/jobs/${jobId} {2}running {2}[0-9a-f]{64}\\n`),
    );
  });

  test("Goes on when the last event was deleted with its user, and prints no event twice", async ({
    expect,
  }) => {
    const following = start(["events", "--follow", "--json"]);
    const erased = backend("u-erased");
    const first = await erased.startJob(HOOLI, LOGINS.gavin);
    await expect.poll(() => following.printed.stdout).toContain('"eventType":"succeeded"');
    expect((await erased.call("DELETE", "/users/u-erased")).status).toBe(204);
    const second = await backend("u-after-erasure").startJob(HOOLI, LOGINS.gavin);
    await expect.poll(() => following.printed.stdout).toMatch(new RegExp(`succeeded.+\n.+${second}`, "s"));
    following.interrupt();
    const { code, stdout } = await following.ended();
    expect(code).toBe(130);
    const ids = objectsOf(stdout).map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    expect(stdout).toContain(first);
  });

  test.each(["thin", "full"])(
    "New events go to a program on this machine, signed, in %s messages",
    async (payload) => {
      const received: { verified: unknown; id: string }[] = [];
      let secret = "";
      const server = createServer(async (request, response) => {
        const verified = new Webhook(secret).verify(await buffer(request), textsOf(request.headers));
        received.push({ verified, id: String(request.headers["webhook-id"]) });
        response.writeHead(204).end();
      });
      const { url, close } = await listenLocally(server);
      onTestFinished(close);
      const listening = start(["listen", "--forward-to", `${url}/hook`, "--payload", payload]);
      await expect.poll(() => listening.printed.stdout).toMatch(/^New events go to/m);
      secret = /whsec_\S+/.exec(listening.printed.stdout)?.[0] ?? "";
      const jobId = await backend(`u-listen-${payload}`).startJob(HOOLI, LOGINS.gavin);
      await expect
        .poll(() => received.map(({ verified }) => verified))
        .toContainEqual(expect.objectContaining({ eventTypeId: "job.succeeded" }));
      await expect.poll(() => listening.printed.stdout).toMatch(/job\.succeeded +204$/m);
      listening.interrupt();
      expect(await listening.ended()).toMatchObject({ code: 130 });
      const first = received[0];
      expect(first?.verified).toEqual({
        eventTypeId: "job.created",
        eventId: first?.id,
        links: {
          event: `${system().apiUrl}/events/${first?.id}`,
          eventEntity: `${system().apiUrl}/jobs/${jobId}`,
        },
        ...(payload === "full" && {
          event: expect.objectContaining({ id: first?.id, eventType: "created" }),
        }),
      });
      expect(listening.printed.stdout.split(secret)).toHaveLength(2);
    },
  );

  test("A receiver that is not there does not end it", async ({ expect }) => {
    const listening = start(["listen", "--forward-to", "http://127.0.0.1:9/", "--json"]);
    await expect.poll(() => listening.printed.stdout).toContain("whsec_");
    await backend().startJob(HOOLI, LOGINS.gavin);
    await expect.poll(() => listening.printed.stdout).toContain('"outcome":"nothing listens there"');
    listening.interrupt();
    await listening.ended();
  });
});

test("A webhook is made, changed, tested, given a new secret, disabled, enabled and deleted", async () => {
  const made = objectsOf(
    (
      await cli([
        "webhooks",
        "create",
        "http://127.0.0.1:9/hook",
        "--name",
        "mine",
        "--events",
        "job.failed",
        "--json",
      ])
    ).stdout,
  )[0];
  expect(made).toMatchObject({
    name: "mine",
    status: "active",
    subscribedEvents: ["job.failed"],
    secret: expect.stringMatching(/^whsec_/),
  });
  const { id, secret } = made;
  const changed = await cli(["webhooks", "change", id, "--payload", "full", "--name", "ours", "--json"]);
  expect(objectsOf(changed.stdout)[0]).toMatchObject({
    id,
    name: "ours",
    payload: "full",
    subscribedEvents: ["job.failed"],
  });

  const tested = objectsOf(
    (await cli(["webhooks", "test", "job.failed", "--text", "Hello", "--json"])).stdout,
  )[0];
  expect(tested).toMatchObject({ webhookId: id, eventTypeId: "job.failed" });
  const messages = await cli(["webhooks", "messages", id]);
  expect(messages.stdout).toMatch(new RegExp(`^MESSAGE .+\\n${tested.id} .+job.failed `));
  expect(await cli(["webhooks", "resend", id, tested.id])).toMatchObject({ code: 0, stderr: "" });
  const period = ["--from", "2026-01-01T00:00:00Z", "--to", "2126-01-01T00:00:00Z", "--only", "all"];
  expect(await cli(["webhooks", "replay", id, ...period])).toMatchObject({
    code: 0,
    stdout: "Messages that are sent again: 1\n",
  });

  const rotated = await cli(["webhooks", "rotate", id, "--overlap", "0"]);
  expect(rotated.stdout).toMatch(/^Secret, shown only here: whsec_\S+$/m);
  expect(rotated.stdout).not.toContain(secret);
  expect((await cli(["webhooks", "disable", id])).stdout).toContain(" disabled ");
  expect((await cli(["webhooks", "enable", id])).stdout).toContain(" active ");
  const listed = await cli(["webhooks", "list"]);
  expect(listed.stdout).toMatch(new RegExp(`^${id}  active +full +http://127.0.0.1:9/hook  ours$`, "m"));
  expect(listed.stdout).not.toContain("whsec_");
  expect(await cli(["webhooks", "delete", id])).toMatchObject({ code: 0, stderr: "" });
  expect(await cli(["webhooks", "enable", id])).toMatchObject({ code: 3, stdout: "" });
});

describe("a link", () => {
  test("is made for a user, and opens", async () => {
    const { userId } = backend();
    await backend().call("POST", `/users/${userId}`, { mobile: "+61410888666" });
    const { code, stdout } = await cli(["link", "--user", userId, "--minutes", "60"]);
    expect([code, stdout]).toEqual([
      0,
      expect.stringMatching(/^http:\S+\/c\/[\w-]{22}\nIt works until \S+Z\.\n$/),
    ]);
    expect((await fetch(stdout.split("\n")[0] ?? "")).status).toBe(200);
  });

  test("is refused in the API's words, for a user who does not exist", async () => {
    const { code, stdout, stderr } = await cli(["link", "--user", "u-nobody"]);
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toContain("Requested user does not exist.");
  });

  test("has what the options say", async () => {
    const bodies: unknown[] = [];
    const api = await fakeApi((path, body) => {
      bodies.push([path, body]);
      return {
        type: "auth_link",
        expiresAt: "2026-01-05T09:30:00Z",
        links: { public: "https://api.example/c/1" },
      };
    });
    const options = [
      "--mobile",
      "+61400000000",
      "--action",
      "connect",
      "--institution",
      "AU00000",
      "--state",
      "s 1",
      "--minutes",
      "5",
      "--confirm",
      "deletes-connections",
    ];
    expect(await runCli(["link", "--user", "u1", ...options, "--url", api])).toMatchObject({
      code: 0,
      stdout: "https://api.example/c/1\nIt works until 2026-01-05T09:30:00Z.\n",
    });
    expect(bodies).toEqual([
      [
        "/users/u1/auth_link",
        {
          ...{ mobile: "+61400000000", action: "connect", institutionId: "AU00000", state: "s 1" },
          ...{ expiresInMinutes: 5, confirm: "deletes-connections" },
        },
      ],
    ]);
  });
});

test("The calls of the program for keys work under the command keys", async () => {
  const at = ["--local", system().apiUrl];
  const { code, stdout } = await cli(["keys", "create", "from the command line", ...at]);
  expect([code, stdout]).toEqual([0, expect.stringMatching(/^cjkey_[\w-]{43}\n$/)]);
  const key = { CONNECTION_JOBS_KEY: stdout.trim() };
  const jobs = ["jobs", "--user", "u-keys", "--url", system().apiUrl];
  expect(await runCli(jobs, { variables: key })).toMatchObject({ code: 0, stderr: "" });
  expect((await cli(["keys", "list", ...at])).stdout).toContain("from the command line");
  expect(await cli(["keys", "remove"])).toMatchObject({ code: 2, stdout: "" });
});

describe("in one line", () => {
  const WATCH = ["watch", NOBODY];

  test("An address at which nothing answers is named, with what to check", async () => {
    const local = await runCli(WATCH, { variables: { PORT: "9" } });
    expect(local).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^No local mode answers at http:\/\/127\.0\.0\.1:9\. .+npm start.+\n$/),
    });
    const url = await runCli([...WATCH, "--url", "http://127.0.0.1:9"], {
      variables: { CONNECTION_JOBS_KEY: "a-canary-key" },
    });
    expect(url).toMatchObject({
      code: 1,
      stderr: expect.stringMatching(/^No reply from http:\/\/127\.0\.0\.1:9\b.+Check.+\n$/),
    });
    expect(url.stderr).not.toContain("a-canary-key");
  });

  test("A wrong API key is named as the reason, and not printed", async () => {
    const { code, stdout, stderr } = await runCli([...WATCH, "--url", system().apiUrl], {
      variables: { CONNECTION_JOBS_KEY: "a-canary-key" },
    });
    expect([code, stdout]).toEqual([3, ""]);
    expect(stderr).toBe(
      `The API at ${system().apiUrl} does not accept the API key. Set CONNECTION_JOBS_KEY to one of its keys.\n`,
    );
  });

  test("A job that does not exist is named in the API's words", async () => {
    expect(await cli(WATCH)).toEqual({
      code: 3,
      stdout: "",
      stderr: "Requested job does not exist. (resource-not-found)\n",
    });
  });

  test("Another server at the address is not taken for the API", async () => {
    const server = createServer((_, response) => response.end("<html>"));
    const { url, close } = await listenLocally(server);
    onTestFinished(close);
    const { code, stderr } = await runCli([...WATCH, "--url", url]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The API at \S+ gave a reply that is not one of Connection Jobs .+\n$/);
  });
});

test("Each command of the page has been run by a test above, and doctor finds that nothing lacks", async () => {
  // The dates of HTTP are real. On a busy machine, the clock of this process is late by minutes, which doctor would find.
  const { code, stdout } = await startProgram("infra/cli/main.ts", variables(), onTestFinished, [
    "doctor",
  ]).ended();
  ran.push("doctor");
  expect([code, stdout.includes("LACKS")]).toEqual([0, false]);
  expect(
    Object.keys(COMMANDS).filter((name) => !ran.some((line) => `${line} `.startsWith(`${name} `))),
  ).toEqual([]);
});

/** A fake of a later version of the API, which has other routes. */
async function fakeApi(reply: (path: string, body: unknown) => object): Promise<string> {
  const server = createServer(async (request, response) => {
    const text = (await buffer(request)).toString();
    response.setHeader("content-type", "application/json");
    if (request.url === "/token") {
      return void response.end('{"access_token":"t","token_type":"Bearer","expires_in":3600}');
    }
    response.writeHead(201).end(JSON.stringify(reply(request.url ?? "", JSON.parse(text))));
  });
  const { url, close } = await listenLocally(server);
  onTestFinished(close);
  return url;
}

function textsOf(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
