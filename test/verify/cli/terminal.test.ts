import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { listenLocally } from "../../../infra/local/local-server.ts";
import { textOf } from "../../docs/pages.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { DEVELOPMENT_KEY, type LocalMode, startLocalMode, temporaryDirectory } from "../support/program.ts";
import { runCli } from "./run-cli.ts";
import { CLI, masked, openTerminal, type Terminal } from "./terminal.ts";

/** A challenge lasts 40 s, so that a busy machine answers in time. */
let local: LocalMode;
const stops: (() => Promise<void>)[] = [];
beforeAll(async () => {
  local = await startLocalMode({ TIME_SCALE: "3" }, (stop) => stops.push(stop));
});
afterAll(() => Promise.all(stops.map((stop) => stop())));

const port = () => new URL(local.apiUrl).port;
const open = (args: string, options: Parameters<typeof openTerminal>[1] = {}) =>
  openTerminal(`${CLI} ${args}`, { ...options, variables: { PORT: port(), ...options.variables } });
const cli = (...args: string[]) =>
  runCli(args, { variables: { PORT: port(), LOCAL_API_KEY: DEVELOPMENT_KEY } });

/** Types a login of jared and waits until the bank asks. Returns the id of the job. */
async function untilAsked(terminal: Terminal): Promise<string> {
  await terminal.shows(/^Login:/m);
  await terminal.type("jared");
  await terminal.press("Enter");
  await terminal.shows(/^Password:/m);
  await terminal.type("django");
  await terminal.press("Enter");
  const screen = await terminal.shows(/^OTP Password \(\d:\d\d left\):/m);
  return /Job ([0-9a-f-]{36})/.exec(screen)?.[1] ?? "";
}

const WIDE_WORDS = ["A SMS code has been sent to your device, please enter valid number"];
const NARROW_WORDS = ["A SMS code has been sent to your device,", " please enter valid number"];

test.each([
  [40, NARROW_WORDS],
  [120, WIDE_WORDS],
])(
  "With %s columns, the steps are drawn in place, the challenge asks, and no secret is written",
  async (columns, words) => {
    const terminal = await open(`connect ${PIED_PIPER} --user u-${columns}`, { columns });
    await untilAsked(terminal);
    await terminal.type("12");
    await terminal.shows(/: ••$/m);
    const asked = await terminal.type("34").then(() => terminal.shows(/: ••••$/m));
    expect(masked(asked).split("\n")).toEqual([
      "Login: •••••",
      "Password: ••••••",
      "Job JOB-ID",
      "verify-credentials    success",
      "mfa-challenge         in-progress",
      "retrieve-accounts     pending",
      "retrieve-transactions pending",
      ...words,
      "OTP Password (TIME left): ••••",
    ]);
    await terminal.press("Enter");
    expect(await terminal.ended()).toBe(0);
    expect(masked(await terminal.screen()).split("\n")).toEqual([
      "Login: •••••",
      "Password: ••••••",
      "Job JOB-ID",
      "verify-credentials    success",
      "mfa-challenge         success",
      "retrieve-accounts     success",
      "retrieve-transactions success",
      "The bank is connected.",
      "[exit 0]",
    ]);
    expect(masked(terminal.written())).not.toMatch(/jared|django|1234/);
    expect(terminal.written()).toContain("\u001b[32m");
  },
);

test("The session of the README is what npm run connect shows", async () => {
  const [, block = ""] = /```text\n(\$ npm run --silent connect\n.+?)```/s.exec(textOf("README.md")) ?? [];
  const [, asked, end] = /^\$.+?\n(.+?)\n\n(.+?)\n$/s.exec(block) ?? [];
  const terminal = await openTerminal("npm run --silent connect", {
    variables: { PORT: port(), HOME: temporaryDirectory() },
  });
  await terminal.shows(/^Bank/m);
  await terminal.press("Down", "Enter");
  await terminal.shows(/^Test user/m);
  await terminal.press("Down", "Down", "Down", "Down", "Enter");
  await terminal.shows(/^OTP Password/m);
  await terminal.type("1234");
  expect(masked(await terminal.shows(/••••$/))).toBe(masked(asked ?? ""));
  await terminal.press("Enter");
  expect(await terminal.ended()).toBe(0);
  expect(masked(await terminal.screen())).toContain(`\n${masked(end ?? "")}\n`);
});

test("Output that cannot be written ends with 1, and says so", async () => {
  const terminal = await open("jobs --user u-full > /dev/full");
  expect(await terminal.ended()).toBe(1);
  expect(await terminal.screen()).toContain("The output cannot be written: ENOSPC");
});

describe("Ctrl-C", () => {
  const prompts: [string, string, (terminal: Terminal) => Promise<unknown>][] = [
    ["the choice of a bank", "connect", (terminal) => terminal.shows(/^Bank/m)],
    [
      "the choice of a test user",
      "connect",
      async (terminal) => {
        await terminal.shows(/^Bank/m);
        await terminal.press("Enter");
        await terminal.shows(/^Test user/m);
      },
    ],
    ["the login id", `connect ${HOOLI} --user u-stop`, (terminal) => terminal.shows(/^Login:/m)],
    [
      "the password",
      `connect ${HOOLI} --user u-stop`,
      async (terminal) => {
        await terminal.shows(/^Login:/m);
        await terminal.type("jared");
        await terminal.press("Enter");
        await terminal.shows(/^Password:/m);
      },
    ],
  ];
  test.each(prompts)("at %s ends with 130, and no job was made", async (_, args, reach) => {
    const terminal = await open(args);
    await reach(terminal);
    await terminal.press("C-c");
    expect(await terminal.ended()).toBe(130);
    expect(await terminal.screen()).not.toContain("Job ");
  });

  test.each(["C-c", "C-d", "Escape"])(
    "or another way to leave (%s) at a challenge ends with 130, says how to go on, and the job goes on",
    async (key) => {
      const terminal = await open(`connect ${PIED_PIPER} --user u-leave-${key}`);
      const id = await untilAsked(terminal);
      await terminal.press(key);
      expect(await terminal.ended()).toBe(130);
      expect(await terminal.screen()).toContain(
        `The job goes on. To follow it:\n  connection-jobs watch ${id}\n`,
      );
      const again = await open(`watch ${id}`);
      await again.shows(/^OTP Password/m);
      await again.type("1234");
      await again.press("Enter");
      expect(await again.ended()).toBe(0);
    },
  );

  test("while the bank decides does not wait for it, ends with 130, and says how to go on", async () => {
    await cli("sandbox", "fault", "POST", "/jobs/*/mfa", "--delay", "4000");
    const terminal = await open(`connect ${PIED_PIPER} --user u-decides`);
    const id = await untilAsked(terminal);
    await terminal.type("1234");
    await terminal.press("Enter");
    // The prompt is gone: the answer is on its way.
    await terminal.shows(/^retrieve-transactions pending\n*$(?![\s\S])/m);
    await terminal.press("C-c");
    expect(await terminal.ended()).toBe(130);
    expect(await terminal.screen()).toContain(
      `The job goes on. To follow it:\n  connection-jobs watch ${id}\n`,
    );
    expect(await cli("watch", id)).toMatchObject({ code: 0 });
  });

  test("while no prompt is there ends with 130, and says how to go on", async () => {
    const login = join(temporaryDirectory(), "login.json");
    writeFileSync(login, JSON.stringify(LOGINS.jared));
    const terminal = await open(`connect ${PIED_PIPER} --user u-run --login-stdin < ${login}`);
    await terminal.shows(/^mfa-challenge +in-progress/m);
    await terminal.press("C-c");
    await terminal.shows(/connection-jobs watch [0-9a-f-]{36}/);
    expect(await terminal.ended()).toBe(130);
  });
});

test("An API that lists no banks needs the name of one", async () => {
  const server = createServer((request, response) => {
    if (request.url === "/token") return response.end('{"access_token":"t","expires_in":3600}');
    return response.writeHead(404).end('{"data":[{"code":"resource-not-found","title":"No such route."}]}');
  });
  const { url, close } = await listenLocally(server);
  onTestFinished(close);
  const terminal = await open(`connect --user u-unlisted --url ${url}`);
  expect(await terminal.ended()).toBe(2);
  expect(await terminal.screen()).toContain("connect needs INSTITUTION: this API lists no banks");
});

test("A wrong answer ends with 3 in the bank's words", async () => {
  const terminal = await open(`connect ${PIED_PIPER} --user u-wrong`);
  await untilAsked(terminal);
  await terminal.type("9876");
  await terminal.press("Enter");
  expect(await terminal.ended()).toBe(3);
  expect(await terminal.screen()).toMatch(/^mfa-challenge failed: .+\)$/m);
  expect(masked(terminal.written())).not.toContain("9876");
});

test("A challenge that expires closes its prompt and ends with 4", async () => {
  const terminal = await open(`connect ${PIED_PIPER} --user u-late`);
  await untilAsked(terminal);
  await terminal.type("12");
  expect(await terminal.ended()).toBe(4);
  expect(await terminal.screen()).toMatch(/^mfa-challenge +failed/m);
  expect(await terminal.screen()).not.toMatch(/^OTP Password/m);
});

test("A job that is cancelled elsewhere closes its prompt and ends with 1", async () => {
  const terminal = await open(`connect ${PIED_PIPER} --user u-cancel`);
  const id = await untilAsked(terminal);
  expect(await cli("cancel", id)).toMatchObject({ code: 0 });
  expect(await terminal.ended()).toBe(1);
  const lines = (await terminal.screen()).split("\n");
  expect(lines.filter((line) => line.startsWith("verify-credentials"))).toHaveLength(1);
  expect(lines).not.toContainEqual(expect.stringMatching(/^OTP Password/));
});

test("A bank that is down ends with 5, and says how to try now", async () => {
  const terminal = await open(`connect ${HOOLI} --user u-down`);
  await terminal.shows(/^Login:/m);
  await terminal.type("jianYang");
  await terminal.press("Enter");
  await terminal.shows(/^Password:/m);
  await terminal.type("nothotdog");
  await terminal.press("Enter");
  expect(await terminal.ended()).toBe(5);
  expect(await terminal.screen()).toContain("To try now: connection-jobs resume ");
});

test("An approval in the bank's app is answered by Enter alone", async () => {
  const terminal = await open("connect AU00005 --user u-approve");
  await terminal.shows(/^Login:/m);
  await terminal.type("jared");
  await terminal.press("Enter");
  await terminal.shows(/^Password:/m);
  await terminal.type("django");
  await terminal.press("Enter");
  await terminal.shows(/^Approve the request in your app \(.+ then press Enter\)/m);
  await terminal.press("Enter");
  expect(await terminal.ended()).toBe(0);
});

test("Without colours, or into a pipe, nothing is coloured, and a pipe gets one line for each change", async () => {
  const colourless = await open(`connect ${PIED_PIPER} --user u-grey`, { variables: { NO_COLOR: "1" } });
  await untilAsked(colourless);
  await colourless.type("1234");
  await colourless.press("Enter");
  expect(await colourless.ended()).toBe(0);
  const colours = new RegExp(`${String.fromCharCode(27)}\\[[0-9;]*m`);
  expect(colourless.written().split("[exit")[0]).not.toMatch(colours);

  const piped = await open(`connect ${PIED_PIPER} --user u-pipe | cat`);
  await untilAsked(piped);
  await piped.type("1234");
  await piped.press("Enter");
  await piped.ended();
  expect(await piped.screen()).toMatch(/^ +\d+\.\d s {2}mfa-challenge +success$/m);
  expect(await piped.screen()).toMatch(/^The bank is connected\.$/m);
});

test("A secret is neither in the arguments of a process nor in the history of the shell", async () => {
  const history = join(temporaryDirectory(), "history");
  const terminal = await openTerminal("bash --norc -i", {
    variables: { PORT: port(), HISTFILE: history, PS1: "ready " },
  });
  await terminal.shows(/^ready/m);
  await terminal.type(`${CLI} connect ${PIED_PIPER} --user u-history`);
  await terminal.press("Enter");
  await untilAsked(terminal);
  const ofAll = argumentsWith(history);
  if (existsSync("/proc/self/cmdline")) expect(ofAll.join("\n")).toContain("u-history");
  expect(ofAll.filter((line) => /jared|django/.test(line))).toEqual([]);
  await terminal.type("1234");
  await terminal.press("Enter");
  await terminal.shows(/^The bank is connected\.\nready/m);
  await terminal.type("exit");
  await terminal.press("Enter");
  await terminal.ended();
  const lines = readFileSync(history, "utf8");
  expect(lines).toContain("u-history");
  expect(lines).not.toMatch(/jared|django|1234/);
});

/**
 * The command lines of the processes whose environment has a text: other programs on this machine may have the same login. Empty on a
 * machine without `/proc`.
 */
function argumentsWith(text: string): string[] {
  if (!existsSync("/proc/self/cmdline")) return [];
  const processes = readdirSync("/proc").filter((name) => /^\d+$/.test(name));
  return processes.flatMap((id) => {
    try {
      const isWanted = readFileSync(`/proc/${id}/environ`, "utf8").includes(text);
      return isWanted ? [readFileSync(`/proc/${id}/cmdline`, "utf8")] : [];
    } catch {
      return [];
    }
  });
}
