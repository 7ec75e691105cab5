import { App } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/aws/settings.ts";

const VALID = {
  upstreamUrl: "https://au-api.basiq.io",
  upstreamVersion: "3.0",
  upstreamApiKeySecret: "connection-jobs/upstream-api-key",
};
const DEFAULTS = {
  upstream: "basiq",
  stepResults: "object",
  allowUnboundClientTokens: false,
  queue: true,
  followLimitMinutes: 15,
  retentionDays: 90,
  deletionProtection: false,
  logRetentionDays: 90,
  logLevel: "info",
  corsOrigins: [],
};
const OPTIONAL = ["stage", "alarmEmail", "domainName", "certificateArn"];
const CERTIFICATE = "arn:aws:acm:eu-west-1:123456789012:certificate/1f2e-3d";
const REQUIRED = Object.keys(VALID);
const NAMES = [...REQUIRED, ...Object.keys(DEFAULTS), ...OPTIONAL];

function messageOf(context: Record<string, unknown>): string {
  try {
    readSettings(new App({ context }));
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}

const namedIn = (message: string) => NAMES.filter((name) => new RegExp(`at ${name}\\b`).test(message));

test("valid settings are read as they are, and the context of the CDK is left alone", () => {
  expect(readSettings(new App({ context: { ...VALID, "@aws-cdk/core:x": true, "aws:cdk:y": [] } }))).toEqual({
    ...VALID,
    ...DEFAULTS,
  });
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
  ["queue", "true", true],
  ["followLimitMinutes", "1", 1],
  ["followLimitMinutes", 1440, 1440],
  ["retentionDays", "30", 30],
  ["logRetentionDays", 7, 7],
  ["logLevel", "debug", "debug"],
  ["alarmEmail", "ops@example.com", "ops@example.com"],
  ["corsOrigins", "https://a.example, https://b.example", ["https://a.example", "https://b.example"]],
  ["corsOrigins", ["*"], ["*"]],
])("%s may be %o", (name, value, read) => {
  const settings = readSettings(new App({ context: { ...VALID, [name]: value } }));
  expect(settings).toEqual({ ...VALID, ...DEFAULTS, [name]: read });
});

describe("a setting that is not valid", () => {
  test.each(REQUIRED)("%s is named when it is missing", (name) => {
    const message = messageOf(Object.fromEntries(Object.entries(VALID).filter(([key]) => key !== name)));
    expect(message).toMatch(/^Settings are not valid:/);
    expect(namedIn(message)).toEqual([name]);
  });

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
    ["upstreamApiKeySecret", ""],
    ["stepResults", "array"],
    ["allowUnboundClientTokens", "perhaps"],
    ["allowUnboundClientTokens", 1],
    ["stage", "no spaces"],
    ["upstream", "another"],
    ["queue", "perhaps"],
    ["queue", 1],
    ["followLimitMinutes", 0],
    ["followLimitMinutes", "1441"],
    ["followLimitMinutes", 1.5],
    ["followLimitMinutes", "-5"],
    ["followLimitMinutes", "some"],
    ["retentionDays", "0"],
    ["retentionDays", "some"],
    ["retentionDays", 2.5],
    ["logRetentionDays", 8],
    ["logLevel", "loud"],
    ["alarmEmail", "nobody"],
    ["certificateArn", CERTIFICATE],
    ["corsOrigins", "a.example"],
    ["corsOrigins", "https://a.example/path"],
  ])("%s is named when it is %o", (name, value) => {
    expect(namedIn(messageOf({ ...VALID, [name]: value }))).toEqual([name]);
  });

  test("is named along with every other one, in one error", () => {
    expect(namedIn(messageOf({}))).toEqual(REQUIRED);
    const allWrong = Object.fromEntries(NAMES.map((name) => [name, [5]]));
    expect(namedIn(messageOf(allWrong)).toSorted()).toEqual(NAMES.toSorted());
  });
});

test("a domain comes with its certificate", () => {
  const domain = { domainName: "api.example.com", certificateArn: CERTIFICATE };
  expect(readSettings(new App({ context: { ...VALID, ...domain } }))).toMatchObject(domain);
  expect(messageOf({ ...VALID, domainName: domain.domainName })).toContain("go together");
});

test.each(["alarmEmial", "retentiondays", "retention-days"])(
  "%s is no setting, and refused by its name",
  (name) => {
    expect(messageOf({ ...VALID, [name]: "5" })).toBe(`There are no such settings: ${name}`);
  },
);
