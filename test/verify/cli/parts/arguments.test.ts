import { describe, expect, test } from "vitest";
import { COMMANDS } from "../../../../infra/cli/commands.ts";
import { readArguments } from "../../../../infra/cli/read-arguments.ts";
import { runCli } from "../run-cli.ts";

const LOCAL = { kind: "local", url: "http://127.0.0.1:3000" };
const JOB = "495f2c0f-094d-4ace-a04f-8fffa6aed192";

test.each<[string[], object]>([
  [
    ["connect", "AU00002", "--user", "u1"],
    { name: "connect", words: ["AU00002"], texts: { user: "u1" }, place: LOCAL },
  ],
  [["connect", "--user=u1", "--local"], { name: "connect", words: [], place: LOCAL }],
  [["watch", JOB, "--json"], { name: "watch", words: [JOB], asJson: true }],
  [["watch", JOB, "--url", "https://api.example/"], { place: { kind: "url", url: "https://api.example" } }],
  [
    ["watch", JOB, "--url", "https://api.example/v1/"],
    { place: { kind: "url", url: "https://api.example/v1" } },
  ],
  [["watch", JOB, "--url", "http://[::1]:4000"], { place: { kind: "url", url: "http://[::1]:4000" } }],
  [["watch", JOB, "--stack", "Other"], { place: { kind: "stack", stack: "Other" } }],
  [["webhooks", "resend", "w1", "m1"], { name: "webhooks resend", words: ["w1", "m1"] }],
])("The arguments %j are read as a command", (args, call) => {
  expect(readArguments(args, {})).toMatchObject({ kind: "command", call });
});

test("The port of local mode comes from the variable PORT", () => {
  expect(readArguments(["watch", JOB], { PORT: "4000" })).toMatchObject({
    call: { place: { url: "http://127.0.0.1:4000" } },
  });
});

test("Everything after keys belongs to the program for keys", () => {
  expect(readArguments(["keys", "create", "a", "--stack", "b"], {})).toEqual({
    kind: "keys",
    args: ["create", "a", "--stack", "b"],
  });
});

/** The command line, and what the message names. */
const WRONG: [string[], string][] = [
  [["conect"], "no such command"],
  [["webhooks"], "webhooks needs one of list, create"],
  [["webhooks", "remove"], "another action: one of list, create"],
  [["watch"], "watch needs JOB"],
  [["watch", "a/../b"], "JOB"],
  [["watch", JOB, "SECRET"], "watch takes JOB, and no further argument"],
  [["jobs"], "jobs needs --user"],
  [["jobs", "--user"], "--user needs a value"],
  [["jobs", "--user", "--json"], "--user needs a value"],
  [["jobs", "--user", "../SECRET"], "--user takes"],
  [["jobs", "--user", "u1", "--user", "u2"], "--user is there twice"],
  [["watch", JOB, "--json=SECRET"], "--json takes no value"],
  [["watch", JOB, "--unknown=SECRET"], "no option --unknown"],
  [["watch", JOB, "-x"], "no option -x"],
  [["connect", "AU00002", "--user", "u1", "--password=SECRET"], "--password does not go"],
  [["connect", "AU00002", "--user", "u1", "--login-id", "SECRET"], "--login-id does not go"],
  [["answer", JOB, "--answer", "SECRET"], "--answer does not go"],
  [["answer", JOB, "--code=SECRET"], "--code does not go"],
  [["watch", JOB, "--api-key=SECRET"], "--api-key does not go"],
  [["watch", JOB, "--token=SECRET"], "--token does not go"],
  [["watch", JOB, "--local", "--stack", "a"], "Only one of --local, --url and --stack"],
  [["watch", JOB, "--url", "http://api.example"], "--url takes"],
  [["watch", JOB, "--url", "http://127.0.0.1.evil.example"], "--url takes"],
  [["watch", JOB, "--url", "https://user:SECRET@api.example"], "--url takes"],
  [["watch", JOB, "--url", "SECRET"], "--url takes"],
  [["watch", JOB, "--stack", "a b"], "--stack takes"],
  [["watch", JOB, "--url", "https://api.example"], "CONNECTION_JOBS_KEY is not set"],
  [["connect", "--user", "u1", "--login-stdin"], "connect needs INSTITUTION"],
  [["connect", "AU00002", "--user", "u1", "--login-stdin"], "--login-stdin needs a JSON object"],
  [["events", "--after", "SECRET"], "--after takes"],
  [["listen"], "listen needs --forward-to"],
  [
    ["listen", "--forward-to", "https://elsewhere.example/SECRET"],
    "--forward-to takes an address on this machine",
  ],
  [["listen", "--forward-to", "http://127.0.0.1:1/", "--payload", "SECRET"], "--payload takes thin, full"],
  [["webhooks", "create", "SECRET"], "RECEIVER is the URL"],
  [["webhooks", "create", "https://a.example", "--events", "job"], "--events takes"],
  [["webhooks", "change", "w1"], "webhooks change needs one of"],
  [["webhooks", "rotate", "w1", "--overlap", "999999999"], "--overlap takes"],
  [["webhooks", "test", "job"], "webhooks test needs TYPE"],
  [["webhooks", "messages", "w1", "--limit", "x"], "--limit takes"],
  [["webhooks", "replay", "w1"], "webhooks replay needs --from"],
  [["webhooks", "replay", "w1", "--from", "yesterday"], "--from takes"],
  [["sandbox", "outage", "AU00000", "--how", "loudly"], "--how takes refuse, fail, queue"],
  [["sandbox", "outage", "AU00000", "--how", "fail", "--over"], "Only one of --how and --over"],
  [["sandbox", "outage", "AU00000", "--url", "https://api.example"], "--url does not go with sandbox"],
  [["sandbox", "fault", "get", "/jobs/*", "--status", "503"], "needs METHOD"],
  [["sandbox", "fault", "GET", "jobs", "--status", "503"], "needs PATH"],
  [["sandbox", "fault", "GET", "/jobs/*"], "needs one of --status, --delay and --lose"],
  [["sandbox", "fault", "GET", "/jobs/*", "--status", "200"], "--status takes"],
  [["sandbox", "fault", "GET", "/jobs/*", "--status", "503", "--times", "0"], "--times takes"],
  [["webhooks", "messages", "w1", "--limit", "0"], "--limit takes"],
  [["link", "--user", "u1", "--mobile", "SECRET"], "--mobile takes"],
  [["keys"], "create NAME, list or revoke ID"],
  [["keys", "create"], "create needs a name"],
  [["keys", "list", "--unknown=SECRET"], "There is no option --unknown here."],
  [["keys", "list", "--cjkey_SECRET"], "This option does not go"],
];

test.each(WRONG)(
  "The arguments %j end with 2, a line that names what is wrong, and a line of help",
  async (args, named) => {
    // Nothing listens at the port: no request may be made.
    const { code, stdout, stderr } = await runCli(args, { variables: { PORT: "9" } });
    expect([code, stdout]).toEqual([2, ""]);
    const [message, usage, ...rest] = stderr.trimEnd().split("\n");
    expect(message).toContain(named);
    expect(usage).toMatch(/^Usage: connection-jobs /);
    expect(rest).toEqual([]);
    expect(stderr).not.toContain("SECRET");
  },
);

test("A malformed PORT and a malformed key are named, and not repeated", async () => {
  const wrongPort = await runCli(["watch", JOB], { variables: { PORT: "@SECRET.example" } });
  const wrongKey = await runCli(["watch", JOB, "--url", "https://api.example"], {
    variables: { CONNECTION_JOBS_KEY: "a SECRET\n" },
  });
  expect([wrongPort.code, wrongKey.code]).toEqual([2, 2]);
  expect(wrongPort.stderr).toContain("PORT");
  expect(wrongKey.stderr).toContain("CONNECTION_JOBS_KEY");
  expect(wrongPort.stderr + wrongKey.stderr).not.toContain("SECRET");
});

test("Where no local mode answers, a command says how to name another port", async () => {
  const { code, stderr } = await runCli(["sandbox", "reset"], { variables: { PORT: "9" } });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr:
      "No local mode answers at http://127.0.0.1:9. Start it with npm start, or set the variable PORT to its port.\n",
  });
});

describe("help", () => {
  test.each([[[]], [["help"]], [["--help"]], [["-h"]]])(
    "The arguments %j list every command",
    async (args) => {
      const { code, stdout } = await runCli(args);
      expect(code).toBe(0);
      for (const { usage } of Object.values(COMMANDS)) expect(stdout).toContain(usage);
    },
  );

  test.each([[["help", "watch"]], [["watch", "--help"]], [["watch", JOB, "-h"]]])(
    "The arguments %j show one command",
    async (args) => {
      const { code, stdout } = await runCli(args);
      expect(code).toBe(0);
      expect(stdout).toContain("connection-jobs watch JOB");
      expect(stdout).not.toContain("connect [INSTITUTION]");
    },
  );
});
