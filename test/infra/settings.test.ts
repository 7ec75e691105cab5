import { Stack } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { RootConstruct } from "constructs";
import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ConnectionJobs, type ConnectionJobsProps } from "../../infra/aws/connection-jobs.ts";
import { throttleFor } from "../../infra/aws/http-api.ts";
import { readSettings } from "../../infra/aws/settings.ts";
import { textOf } from "../docs/pages.ts";
import { ofType, parseResources } from "./resources.ts";
import { withApp } from "./synthesized.ts";

const VALID = {
  upstreamUrl: "https://au-api.basiq.io",
  upstreamApiKeySecret: "connection-jobs/upstream-api-key",
};
const DEFAULTS = {
  upstream: "basiq",
  upstreamVersion: "2.1",
  stepResults: "object",
  allowUnboundClientTokens: false,
  answerWaitSeconds: 12,
  waiters: 3,
  queue: true,
  followLimitMinutes: 15,
  followSliceSeconds: 12,
  retentionDays: 90,
  deletionProtection: false,
  logRetentionDays: 90,
  logLevel: "info",
  monitoring: "full",
  eventBus: false,
  eventArchiveDays: 0,
  maxWebhooks: 10,
  returnUrls: [],
  consentUiUrl: "https://consent.basiq.io/home",
  corsOrigins: [],
};
const CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1f2e-3d";
const REQUIRED = Object.keys(VALID);
const OPTIONAL = [
  "stage",
  "connect",
  "upstreamWebhookSecret",
  "followConcurrency",
  "alarmEmail",
  "domainName",
  "certificateArn",
  "concurrency",
  "maxRunningJobs",
  "appName",
  "pageLogo",
  "pageColour",
  "pageColourDark",
  "pageSupport",
  "pagePrivacyUrl",
  "pageTermsUrl",
  "pageTexts",
];
const NAMES = [...REQUIRED, ...Object.keys(DEFAULTS), ...OPTIONAL];

function read(context: Record<string, unknown>) {
  const scope = new RootConstruct();
  for (const [name, value] of Object.entries(context)) scope.node.setContext(name, value);
  return readSettings(scope);
}

function messageOf(context: Record<string, unknown>): string {
  try {
    read(context);
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}

const namedIn = (message: string) => NAMES.filter((name) => new RegExp(`\\b${name}: `).test(message));

describe("a valid setting", () => {
  test("gets its default when it is missing, beside the context of the CDK", () => {
    const settings = read({ ...VALID, "@aws-cdk/core:x": true, "aws:cdk:y": [] });
    expect(settings).toEqual({ ...VALID, ...DEFAULTS });
  });

  test.each([
    ["upstreamUrl", "https://au-api.basiq.io//", "https://au-api.basiq.io"],
    ["upstreamUrl", "http://127.0.0.1:3001/", "http://127.0.0.1:3001"],
    ["upstreamUrl", "http://localhost:3001", "http://localhost:3001"],
    ["stepResults", "list", "list"],
    ["allowUnboundClientTokens", true, true],
    ["allowUnboundClientTokens", "true", true],
    ["allowUnboundClientTokens", "false", false],
    ["stage", "prod-2", "prod-2"],
    ["upstream", "sandbox", "sandbox"],
    ["queue", false, false],
    ["queue", "false", false],
    ["followLimitMinutes", "1", 1],
    ["followLimitMinutes", 1440, 1440],
    ["upstreamVersion", "3.0", "3.0"],
    ["connect", "direct", "direct"],
    ["connect", "consent-ui", "consent-ui"],
    ["answerWaitSeconds", "0", 0],
    ["answerWaitSeconds", 20, 20],
    ["waiters", "0", 0],
    ["waiters", 100, 100],
    ["concurrency", "1", 1],
    ["concurrency", 99_999, 99_999],
    ["maxRunningJobs", "0", 0],
    ["maxRunningJobs", "10000", 10_000],
    ["followSliceSeconds", "0", 0],
    ["followSliceSeconds", 25, 25],
    ["followConcurrency", "1", 1],
    ["followConcurrency", 1000, 1000],
    ["retentionDays", "30", 30],
    ["logRetentionDays", 7, 7],
    ["logLevel", "debug", "debug"],
    ["monitoring", "basic", "basic"],
    ["alarmEmail", "ops@example.com", "ops@example.com"],
    ["corsOrigins", "https://a.example, https://b.example", ["https://a.example", "https://b.example"]],
    ["corsOrigins", ["*"], ["*"]],
    ["appName", "Hooli Money", "Hooli Money"],
    ["pageLogo", "test/verify/page/brand/logo.svg", "test/verify/page/brand/logo.svg"],
    ["pageColour", "#3f6fb5", "#3f6fb5"],
    ["pageSupport", "+61 2 5550 1234", "+61 2 5550 1234"],
    ["pagePrivacyUrl", "https://hooli.example/privacy", "https://hooli.example/privacy"],
    ["pageTermsUrl", "https://hooli.example/terms", "https://hooli.example/terms"],
    ["pageTexts", "test/verify/page/brand/texts", "test/verify/page/brand/texts"],
    [
      "returnUrls",
      "https://app.example/back, com.example.app:/back?a=b, http://127.0.0.1:4000/, http://localhost/",
      [
        "https://app.example/back",
        "com.example.app:/back?a=b",
        "http://127.0.0.1:4000/",
        "http://localhost/",
      ],
    ],
    ["consentUiUrl", "http://127.0.0.1:3001/home", "http://127.0.0.1:3001/home"],
  ])("%s may be %o", (name, value, expected) => {
    expect(read({ ...VALID, [name]: value })).toEqual({ ...VALID, ...DEFAULTS, [name]: expected });
  });

  test("domainName comes with certificateArn", () => {
    const domain = { domainName: "api.example.com", certificateArn: CERTIFICATE };
    expect(read({ ...VALID, ...domain })).toMatchObject(domain);
    expect(messageOf({ ...VALID, domainName: domain.domainName })).toContain("go together");
  });

  test("domainName is lower-cased, because API Gateway refuses capitals", () => {
    const domain = { domainName: "API.Example.com", certificateArn: CERTIFICATE };
    expect(read({ ...VALID, ...domain }).domainName).toBe("api.example.com");
  });

  test("colours say how much contrast they lack", () => {
    expect(messageOf({ ...VALID, pageColour: "#0a58a8" })).toBe(
      "Settings are not valid: pageColour: #0a58a8 has a contrast of 2.3:1 with the dark background #19212a, and needs 3:1: give dark pages a lighter colour",
    );
  });

  test("connect=direct needs a version of the aggregator that takes logins", () => {
    const asked = { ...VALID, upstreamVersion: "3.0" };
    expect(read({ ...asked, connect: "consent-ui" })).toMatchObject({ connect: "consent-ui" });
    expect(messageOf({ ...asked, connect: "direct" })).toContain(
      "connect=direct needs upstreamVersion 2.0 or 2.1",
    );
  });
});

describe("an invalid setting", () => {
  test.each([
    ["upstreamUrl", "au-api.basiq.io"],
    ["upstreamUrl", "ftp://au-api.basiq.io"],
    ["upstreamUrl", "http://au-api.basiq.io"],
    ["upstreamUrl", "http://localhost.example.com"],
    ["upstreamUrl", "https:///au-api.basiq.io"],
    ["upstreamUrl", "https://user:pass@au-api.basiq.io"],
    ["upstreamUrl", "https://au-api.basiq.io/?a=b"],
    ["upstreamUrl", 7],
    ["upstreamVersion", "1.0"],
    ["upstreamVersion", 3],
    ["upstreamVersion", "2.2"],
    ["connect", "oauth"],
    ["answerWaitSeconds", 21],
    ["answerWaitSeconds", "-1"],
    ["waiters", "101"],
    ["waiters", 1.5],
    ["concurrency", 0],
    ["concurrency", "-1"],
    ["concurrency", "many"],
    ["concurrency", 10.5],
    ["concurrency", "100000"],
    ["maxRunningJobs", "10001"],
    ["followSliceSeconds", "26"],
    ["followSliceSeconds", 0.5],
    ["followConcurrency", 0],
    ["followConcurrency", "1001"],
    ["followConcurrency", "all"],
    ["upstreamApiKeySecret", ""],
    ["stepResults", "array"],
    ["allowUnboundClientTokens", "perhaps"],
    ["stage", "no spaces"],
    ["upstream", "another"],
    ["queue", "perhaps"],
    ["queue", 1],
    ["followLimitMinutes", 0],
    ["followLimitMinutes", "1441"],
    ["followLimitMinutes", 1.5],
    ["followLimitMinutes", "-5"],
    ["retentionDays", "0"],
    ["retentionDays", "some"],
    ["retentionDays", 2.5],
    ["logRetentionDays", 8],
    ["logLevel", "loud"],
    ["monitoring", "none"],
    ["alarmEmail", "nobody"],
    ["certificateArn", CERTIFICATE],
    ["appName", ""],
    ["appName", "x".repeat(61)],
    ["appName", "two\nlines"],
    ["pageLogo", "none.svg"],
    ["pageColour", "blue"],
    ["pageColour", "#ffee00"],
    ["pageColourDark", "#8cc0ff"],
    ["pageSupport", "ask us"],
    ["pagePrivacyUrl", "http://hooli.example/privacy"],
    ["pageTermsUrl", "javascript:alert(1)"],
    ["pageTexts", "none"],
    ["returnUrls", "app.example/back"],
    ["returnUrls", "http://app.example/back"],
    ["returnUrls", "http://localhost.app.example/"],
    ["returnUrls", "https://user:pass@app.example/"],
    ["returnUrls", "https://app.example/a\\b"],
    ["returnUrls", ["https://app.example/back", "javascript:alert(1)"]],
    ["returnUrls", "JavaScript:alert(1)"],
    ["returnUrls", "data:text/html;base64,PGI+"],
    ["returnUrls", "file:///etc/hosts"],
    ["returnUrls", "blob:https://app.example/1"],
    ["consentUiUrl", "http://consent.example/home"],
    ["consentUiUrl", "https://consent.example/home?token=1"],
    ["corsOrigins", "a.example"],
    ["corsOrigins", "https://a.example/path"],
    ["corsOrigins", "https://*.example.com"],
  ])("%s is named when it is %o", (name, value) => {
    expect(namedIn(messageOf({ ...VALID, [name]: value }))).toEqual([name]);
  });

  test("is named together with all others, and so is a missing one", () => {
    expect(messageOf({})).toMatch(/^Settings are not valid: .+$/);
    expect(namedIn(messageOf({}))).toEqual(REQUIRED);
    const allWrong = Object.fromEntries(NAMES.map((name) => [name, [5]]));
    expect(namedIn(messageOf(allWrong)).toSorted()).toEqual(NAMES.toSorted());
  });

  test.each(["alarmEmial", "retentiondays", "retention-days"])("%s is unknown, and named", (name) => {
    expect(messageOf({ ...VALID, [name]: "5" })).toBe(`There are no such settings: ${name}`);
  });
});

test("cdk.json sets every feature flag as this version of the CDK recommends, or cdk synth prints a notice", () => {
  const read = (path: string): unknown => JSON.parse(textOf(path));
  const { context } = z.object({ context: z.record(z.string(), z.unknown()) }).parse(read("cdk.json"));
  const recommended = read("node_modules/aws-cdk-lib/recommended-feature-flags.json");
  expect(Object.keys(Object(recommended)).length).toBeGreaterThan(50);
  expect(context).toEqual({ ...VALID, upstreamVersion: "2.1", ...Object(recommended) });
});

describe("the construct in an app of its user", () => {
  const variables = z.object({
    Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }),
  });

  function addTo(
    stack: Stack,
    id: string,
    { url = VALID.upstreamUrl, version = "2.1", ...props }: Props = {},
  ) {
    const apiKeySecret = Secret.fromSecretNameV2(stack, `${id}Key`, "key");
    new ConnectionJobs(stack, id, { upstream: { url, version, apiKeySecret }, ...props });
  }
  type Props = Partial<ConnectionJobsProps> & { url?: string; version?: "2.1" | "3.0" };

  function resourcesOf(id: string, props: Props) {
    return withApp({}, (app) => {
      const stack = new Stack(app, "Banking");
      addTo(stack, id, props);
      return parseResources(app.synth().getStackArtifact(stack.artifactId).template);
    });
  }

  /** The different values of a variable in the functions of a construct. */
  function valuesIn(id: string, props: Props = {}) {
    const resources = resourcesOf(id, props);
    const functions = ofType(resources, "AWS::Lambda::Function").map(([, { Properties }]) => Properties);
    return (name: string) =>
      new Set(functions.flatMap((found) => variables.parse(found).Environment.Variables[name] ?? []));
  }

  test("has metrics that are named by its stack, and by its place in the stack, and passes its props to its functions", () => {
    expect(valuesIn("Default")("METRICS_NAMESPACE")).toEqual(new Set(["Banking"]));
    const of30 = { url: "https://a.example/", version: "3.0" } as const;
    const shortest = valuesIn("Shortest", { followLimitMinutes: 1, queue: false, maxWebhooks: 0, ...of30 });
    const times = {
      followLimitMinutes: 1440,
      followSliceSeconds: 0,
      answerWaitSeconds: 0,
      waiters: 50,
      concurrency: 100,
    };
    const longest = valuesIn("Longest", times);
    const both = (name: string) => [...shortest(name), ...longest(name)];
    expect(both("METRICS_NAMESPACE")).toEqual(["Banking/Shortest", "Banking/Longest"]);
    expect(both("FOLLOW_LIMIT_MINUTES")).toEqual(["1", "1440"]);
    expect(both("QUEUE")).toEqual(["off", "on"]);
    expect(both("FOLLOW_SLICE_SECONDS")).toEqual(["12", "0"]);
    expect(both("ANSWER_WAIT_SECONDS")).toEqual(["12", "0"]);
    expect(both("WAITERS")).toEqual(["3", "50"]);
    expect(both("CONCURRENCY")).toEqual(["10", "100"]);
    // A deployment that does not know how many functions its account has sets no limit.
    expect(both("MAX_RUNNING_JOBS")).toEqual(["0", "68"]);
    const own = valuesIn("Own", { concurrency: 100, maxRunningJobs: 80 });
    expect([...own("MAX_RUNNING_JOBS")]).toEqual(["80"]);
    expect(both("CONNECT")).toEqual(["consent-ui", "direct"]);
    expect(both("MAX_WEBHOOKS")).toEqual(["0", "10"]);
    expect(both("UPSTREAM_URL")).toEqual(["https://a.example", VALID.upstreamUrl]);
  });

  test("takes as many requests a second as the account's functions can serve, and leaves some of the account's quota", () => {
    const [[, stage] = []] = ofType(resourcesOf("Large", { concurrency: 1_000 }), "AWS::ApiGatewayV2::Stage");
    const throttle = { ThrottlingRateLimit: 2_500, ThrottlingBurstLimit: 5_000 };
    expect(stage?.Properties).toMatchObject({ DefaultRouteSettings: throttle });
    expect([1, 200, 202, 4_000, 99_999].map(throttleFor)).toEqual([
      { rateLimit: 500, burstLimit: 1_000 },
      { rateLimit: 500, burstLimit: 1_000 },
      { rateLimit: 505, burstLimit: 1_010 },
      { rateLimit: 5_000, burstLimit: 5_000 },
      { rateLimit: 5_000, burstLimit: 5_000 },
    ]);
  });

  const refusedFor = (props: Props) => () =>
    withApp({}, (app) => addTo(new Stack(app, "Banking"), "Jobs", props));

  test.each(["http://au-api.basiq.io", "ftp://au-api.basiq.io", "au-api.basiq.io", ""])(
    "refuses to send logins to %o",
    (url) => {
      expect(refusedFor({ url })).toThrow("upstream.url must be an https address.");
    },
  );

  test.each<[string, Props]>([
    ["connect=direct needs upstreamVersion 2.0 or 2.1", { version: "3.0", connect: "direct" }],
    ["answerWaitSeconds must be a whole number from 0 to 20.", { answerWaitSeconds: 21 }],
    ["waiters must be a whole number from 0 to 100.", { waiters: 101 }],
    ["concurrency must be a whole number from 1 to 99999.", { concurrency: 0 }],
    ["concurrency must be a whole number from 1 to 99999.", { concurrency: Number.NaN }],
    ["maxRunningJobs must be a whole number from 0 to 10000.", { maxRunningJobs: -1 }],
    ["followSliceSeconds must be a whole number from 0 to 25.", { followSliceSeconds: 0.5 }],
    ["followConcurrency must be a whole number from 1 to 1000.", { followConcurrency: 0 }],
    ["pageLogo: must be the path of a file.", { pageLogo: "none.svg" }],
    ["pageColour: #ffee00 has a contrast of 1.09:1", { pageColour: "#ffee00" }],
    ["monitoring must be full or basic.", JSON.parse('{"monitoring":"none"}')],
  ])("refuses its props with one line: %s", (line, props) => {
    expect(refusedFor(props)).toThrow(line);
  });

  test.each([0, -1, 1.5, 3651, Number.NaN])("refuses to keep jobs for %d days", (retentionDays) => {
    expect(refusedFor({ retentionDays })).toThrow("retentionDays must be a whole number");
  });

  test.each([0, -1, 1.5, 1441, Number.NaN])("refuses to poll for %d minutes", (followLimitMinutes) => {
    expect(refusedFor({ followLimitMinutes })).toThrow(
      "followLimitMinutes must be a whole number from 1 to 1440.",
    );
  });
});
