import { App } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/aws/settings.ts";

const VALID = {
  upstreamUrl: "https://au-api.basiq.io",
  upstreamVersion: "3.0",
  upstreamApiKeySecret: "connection-jobs/upstream-api-key",
};
const DEFAULTS = { stepResults: "object", allowUnboundClientTokens: false };
const REQUIRED = Object.keys(VALID);
const NAMES = [...REQUIRED, ...Object.keys(DEFAULTS), "alarmEmail"];

function messageOf(context: Record<string, unknown>): string {
  try {
    readSettings(new App({ context }));
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
  return "";
}

const namedIn = (message: string) => NAMES.filter((name) => message.includes(name));

test("valid settings are read as they are, and other context is left alone", () => {
  expect(readSettings(new App({ context: { ...VALID, other: true } }))).toEqual({ ...VALID, ...DEFAULTS });
});

test.each([
  ["upstreamUrl", "https://au-api.basiq.io//", "https://au-api.basiq.io"],
  ["upstreamUrl", "http://127.0.0.1:3001/", "http://127.0.0.1:3001"],
  ["upstreamUrl", "http://localhost:3001", "http://localhost:3001"],
  ["stepResults", "list", "list"],
  ["allowUnboundClientTokens", true, true],
  ["allowUnboundClientTokens", "true", true],
  ["allowUnboundClientTokens", "false", false],
  ["alarmEmail", "operators@example.com", "operators@example.com"],
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
    ["upstreamUrl", 7],
    ["upstreamVersion", "1.0"],
    ["upstreamVersion", 3],
    ["upstreamApiKeySecret", ""],
    ["stepResults", "array"],
    ["allowUnboundClientTokens", "perhaps"],
    ["allowUnboundClientTokens", 1],
    ["alarmEmail", "operators"],
  ])("%s is named when it is %o", (name, value) => {
    expect(namedIn(messageOf({ ...VALID, [name]: value }))).toEqual([name]);
  });

  test("is named along with every other one, in one error", () => {
    expect(namedIn(messageOf({}))).toEqual(REQUIRED);
    const allWrong = Object.fromEntries(NAMES.map((name) => [name, []]));
    expect(namedIn(messageOf(allWrong))).toEqual(NAMES);
  });
});
