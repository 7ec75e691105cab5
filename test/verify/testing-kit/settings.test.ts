import { describe, expect, test } from "vitest";
import { SETTINGS_OF_A_DEPLOYMENT } from "../../../infra/local/local-settings.ts";
import { deploy } from "../../../infra/local/template/deployed.ts";
import { parseTemplate, synthesizeApart } from "../../../infra/local/template/template.ts";
import { readSystemSettings, VARIABLES, variablesOf } from "../../../infra/testing/system-settings.ts";
import { synthesizeTemplates, templateWith } from "../../../infra/testing/templates.ts";

/**
 * A test has no page of another origin, and runs as many functions at once as it wants. What pages look like is not what programs test:
 * local mode shows it.
 */
const NOT_OF_A_TEST_SYSTEM = [
  "concurrency",
  "corsOrigins",
  "followConcurrency",
  ...[
    "pageLogo",
    "pageColour",
    "pageColourDark",
    "pageSupport",
    "pagePrivacyUrl",
    "pageTermsUrl",
    "pageTexts",
  ],
];

const UPSTREAM = "http://127.0.0.1:4321";
const AT = { apiUrl: "http://127.0.0.1:1234" };

describe("A test system has the functions, variables, routes and tables of a deployment with the same settings", async () => {
  const templates = await synthesizeTemplates();

  test.each([
    {
      allowUnboundClientTokens: true,
      answerWaitSeconds: 3,
      appName: "Hooli Money",
      connect: "consent-ui",
      consentUiUrl: "http://127.0.0.1:9/home",
      followLimitMinutes: 7,
      followSliceSeconds: 5,
      maxWebhooks: 2,
      queue: false,
      retentionDays: 11,
      returnUrls: ["https://app.example/back", "hooli-money://back"],
      stepResults: "list",
      upstreamVersion: "2.0",
    },
    { upstreamVersion: "2.1" },
    { upstreamVersion: "3.0", retentionDays: 12 },
  ])("%o", { timeout: 600_000 }, async (given) => {
    const is3 = given.upstreamVersion === "3.0";
    const settings = readSystemSettings({ ...given, logLevel: "warn" });
    const template = is3 ? templates.withUpstreamWebhooks : templates.plain;
    const context = Object.fromEntries(Object.entries(given).map(([name, value]) => [name, String(value)]));
    const webhooks = is3 ? { upstreamWebhookSecret: "upstream-webhook" } : {};
    // As local mode, a test system leads persons to the Consent UI of its sandbox.
    const own = { upstreamUrl: UPSTREAM, consentUiUrl: `${UPSTREAM}/home` };
    const functions = { concurrency: "1000", maxRunningJobs: "0" };
    const deployed = await synthesizeApart({ ...own, ...functions, ...context, ...webhooks });
    expect(deploy(templateWith(template, UPSTREAM, variablesOf(settings)), AT)).toEqual(
      deploy(parseTemplate(deployed), AT),
    );
  });
});

test.each([
  [{ queue: "off" }, "queue"],
  [{ retentionDays: 0, answerWaitSeconds: 1.5 }, "answerWaitSeconds, retentionDays"],
  [{ qeue: true, timeScale: 5 }, "qeue, timeScale"],
  [{ logLevel: "loud" }, "logLevel"],
])("The settings %o are refused in one line that names %s", (given, names) => {
  expect(() => readSystemSettings({ logLevel: "warn", ...given })).toThrow(
    new Error(`Not valid for a test system: ${names}.`),
  );
});

test("A test system takes every setting that changes the behaviour of a deployment", () => {
  const taken = [...Object.keys(VARIABLES), ...NOT_OF_A_TEST_SYSTEM];
  expect(taken.toSorted()).toEqual(Object.values(SETTINGS_OF_A_DEPLOYMENT).toSorted());
});
