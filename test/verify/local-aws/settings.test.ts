import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { DEPLOYMENT_SETTINGS } from "../../../infra/aws/settings.ts";
import { readLocalSettings, SETTINGS_OF_A_DEPLOYMENT } from "../../../infra/local/local-settings.ts";
import { startLocal } from "../../../infra/local/start-local.ts";
import { LOCAL_MODE, portTaken, startProgram, temporaryDirectory } from "../support/program.ts";

test("Local mode prints in one line which setting is not valid, and ends with 1", async () => {
  expect(await startProgram(LOCAL_MODE, { PORT: "http" }).ended()).toEqual({
    code: 1,
    signal: null,
    stdout: "",
    stderr: "Not valid in the environment: PORT.\n",
  });
});

describe("The settings of a deployment", () => {
  /** Settings without a variable that passes them on, and why local mode needs none. */
  const LEFT_OUT: { readonly [name: string]: string } = {
    stage: "names the stack in the account",
    upstream: "local mode starts the sandbox itself",
    upstreamUrl: "UPSTREAM_URL, which local mode needs itself",
    upstreamApiKeySecret: "UPSTREAM_API_KEY is the key itself",
    upstreamWebhookSecret: "local mode subscribes itself at its sandbox",
    deletionProtection: "protects a table of AWS",
    logRetentionDays: "CloudWatch keeps logs",
    logLevel: "LOG_LEVEL, which local mode needs itself",
    alarmEmail: "CloudWatch has alarms",
    monitoring: "CloudWatch has alarms and a dashboard",
    eventBus: "EventBridge has buses",
    eventArchiveDays: "EventBridge has archives",
    domainName: "PUBLIC_URL names the address",
    certificateArn: "API Gateway has certificates",
  };
  const GIVEN = {
    ALLOW_UNBOUND_CLIENT_TOKENS: "true",
    ANSWER_WAIT_SECONDS: "0",
    APP_NAME: "Hooli Money",
    CONSENT_UI_URL: "http://127.0.0.1:9/home",
    CONCURRENCY: "50",
    CONNECT: "consent-ui",
    CORS_ORIGINS: "https://a.example, https://b.example",
    FOLLOW_CONCURRENCY: "5",
    FOLLOW_LIMIT_MINUTES: "1",
    FOLLOW_SLICE_SECONDS: "0",
    MAX_RUNNING_JOBS: "7",
    MAX_WEBHOOKS: "0",
    PAGE_COLOUR: "#b3261e",
    PAGE_COLOUR_DARK: "#ff8a80",
    PAGE_LOGO: "test/verify/page/brand/logo.svg",
    PAGE_PRIVACY_URL: "https://hooli.example/privacy",
    PAGE_SUPPORT: "help@hooli.example",
    PAGE_TERMS_URL: "https://hooli.example/terms",
    PAGE_TEXTS: "test/verify/page/brand/texts",
    QUEUE: "false",
    RETENTION_DAYS: "1",
    RETURN_URLS: "https://app.example/back, hooli-money://back",
    STEP_RESULTS: "list",
    UPSTREAM_VERSION: "2.0",
    WAITERS: "50",
  };

  test("have a variable in local mode, or a reason why they have none", () => {
    const passedOn = Object.values(SETTINGS_OF_A_DEPLOYMENT);
    expect([...passedOn, ...Object.keys(LEFT_OUT)].toSorted()).toEqual(
      Object.keys(DEPLOYMENT_SETTINGS).toSorted(),
    );
  });

  test("reach the template of local mode as they were given, beside the address of the aggregator", async () => {
    const own = { UPSTREAM_URL: "http://127.0.0.1:9", UPSTREAM_API_KEY: "key" };
    const settings = readLocalSettings({ PORT: "0", SANDBOX_PORT: "0", ...own, ...GIVEN });
    const seen: unknown[] = [];
    const synthesize = async (context: unknown) => {
      seen.push(context);
      throw new Error("Seen.");
    };
    await expect(startLocal(settings, { synthesize })).rejects.toThrow("Seen.");
    const expected = Object.entries(SETTINGS_OF_A_DEPLOYMENT).map(([variable, name]) => [
      name,
      Object.entries(GIVEN).find(([given]) => given === variable)?.[1],
    ]);
    expect(seen).toEqual([{ upstreamUrl: own.UPSTREAM_URL, ...Object.fromEntries(expected) }]);
    expect(readLocalSettings(own).deployment).toEqual({ concurrency: "1000", maxRunningJobs: "0" });
  });

  test("that no variable sets keep their defaults: none is in the template of local mode", () => {
    expect(readLocalSettings({ QUEUE: "" })).toMatchObject({ deployment: {}, publicUrl: undefined });
  });

  test.each([{ UPSTREAM_VERSION: "3.0" }, { CONNECT: "consent-ui" }])(
    "%j leave no login to demonstrate",
    (variables) => {
      expect([{}, variables].map((given) => readLocalSettings(given).demonstrates)).toEqual([true, false]);
    },
  );
});

test("PUBLIC_URL starts links without a slash at its end, and needs an API key that nobody knows", () => {
  const PUBLIC_URL = "https://tunnel.example/api/";
  const own = { PUBLIC_URL, LOCAL_API_KEY: "a-key-of-my-own-for-a-tunnel" };
  expect(readLocalSettings(own).publicUrl).toBe("https://tunnel.example/api");
  expect(() => readLocalSettings({ PUBLIC_URL })).toThrow(
    new Error("PUBLIC_URL needs a LOCAL_API_KEY of your own: everybody knows the one for development."),
  );
});

describe("Local mode does not start", () => {
  test("with a colour that people cannot see on dark pages", () => {
    expect(() => readLocalSettings({ PAGE_COLOUR: "#0a58a8" })).toThrow(
      new Error(
        "PAGE_COLOUR: #0a58a8 has a contrast of 2.3:1 with the dark background #19212a, and needs 3:1: give dark pages a lighter colour.",
      ),
    );
  });

  test.each([
    [["TIME_SCALE"], { TIME_SCALE: "0" }],
    [["PUBLIC_URL"], { PUBLIC_URL: "ftp://tunnel.example" }],
    [["UPSTREAM_VERSION"], { UPSTREAM_VERSION: "2.2" }],
    [["CONNECT"], { CONNECT: "oauth" }],
    [
      ["ANSWER_WAIT_SECONDS", "FOLLOW_SLICE_SECONDS", "WAITERS"],
      { ANSWER_WAIT_SECONDS: "21", FOLLOW_SLICE_SECONDS: "-1", WAITERS: "101" },
    ],
    [
      ["APP_NAME", "CONSENT_UI_URL", "RETURN_URLS"],
      {
        APP_NAME: " Hooli",
        CONSENT_UI_URL: "http://consent.example/home",
        RETURN_URLS: "https://app.example/back,javascript:alert(1)",
      },
    ],
    [
      ["PAGE_COLOUR (must be a colour such as #3f6fb5)", "PAGE_LOGO (must be the path of a file)", "QUEUE"],
      { PAGE_COLOUR: "blue", PAGE_LOGO: "none.svg", QUEUE: "perhaps" },
    ],
    [["CORS_ORIGINS", "QUEUE"], { CORS_ORIGINS: "https://*.example.com", QUEUE: "perhaps" }],
    [
      ["PORT", "SANDBOX_PORT", "LOCAL_API_KEY", "TIME_SCALE", "UPSTREAM_URL"],
      {
        PORT: "70000",
        SANDBOX_PORT: "-1",
        LOCAL_API_KEY: "short",
        TIME_SCALE: "fast",
        // Logins would go there in the clear.
        UPSTREAM_URL: "http://aggregator.example",
      },
    ],
  ])("with values of %j that are not valid", (names, variables) => {
    expect(() => readLocalSettings(variables)).toThrow(
      new Error(`Not valid in the environment: ${names.join(", ")}.`),
    );
  });

  test("with a setting in another spelling", () => {
    expect(() => readLocalSettings({ TIMESCALE: "10" })).toThrow(
      new Error("The environment has TIMESCALE, which nothing reads. Did you mean TIME_SCALE?"),
    );
    expect(() => readLocalSettings({ upstreamVersion: "2.1" })).toThrow("Did you mean UPSTREAM_VERSION?");
  });

  test("with logins of our own for a version of the aggregator that takes none", () => {
    expect(() => readLocalSettings({ UPSTREAM_VERSION: "3.0", CONNECT: "direct" })).toThrow(
      new Error(
        "CONNECT=direct needs UPSTREAM_VERSION 2.0 or 2.1: in 3.0, only the Consent UI makes connections.",
      ),
    );
  });

  test.each([
    ["http://receiver.example", "URL must start with https://."],
    ["https://10.0.0.1", "URL must have a host on the public Internet."],
  ])("with %s as the receiver of webhooks", (WEBHOOK_URL, why) => {
    expect(() => readLocalSettings({ WEBHOOK_URL })).toThrow(
      new Error(`WEBHOOK_URL is not allowed. ${why} A receiver on this machine may have http and any port.`),
    );
    expect(readLocalSettings({ WEBHOOK_URL: "http://LOCALHOST:4000#a" }).webhookUrl).toBe(
      "http://localhost:4000/",
    );
  });

  test("with the address of an aggregator and no API key for it", () => {
    expect(() => readLocalSettings({ UPSTREAM_URL: "http://127.0.0.1:9" })).toThrow(
      new Error("UPSTREAM_URL needs UPSTREAM_API_KEY."),
    );
  });

  test("with a DATA_DIR that cannot be made", () => {
    const file = join(temporaryDirectory(), "file");
    writeFileSync(file, "");
    const below = join(file, "data");
    expect(() => readLocalSettings({ DATA_DIR: below })).toThrow(
      new Error(`DATA_DIR cannot be written: ${below}`),
    );
  });

  test.each(["PORT", "SANDBOX_PORT"])("when another program has taken its %s", async (name) => {
    const { port, close } = await portTaken();
    onTestFinished(() => void close());
    const settings = readLocalSettings({ PORT: "0", SANDBOX_PORT: "0", [name]: port });
    await expect(startLocal(settings)).rejects.toThrow(
      new Error(`Port ${port} is taken. Set ${name} to another one.`),
    );
  });
});
