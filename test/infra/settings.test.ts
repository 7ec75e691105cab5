import { App } from "aws-cdk-lib";
import { describe, expect, test } from "vitest";
import { readSettings } from "../../infra/aws/settings.ts";

const VALID = {
  upstreamUrl: "https://au-api.basiq.io",
  upstreamVersion: "3.0",
  upstreamApiKeySecret: "connection-jobs/upstream-api-key",
};
const NAMES = Object.keys(VALID);

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
  expect(readSettings(new App({ context: { ...VALID, other: true } }))).toEqual(VALID);
});

describe("a setting that is not valid", () => {
  test.each(NAMES)("%s is named when it is missing", (name) => {
    const message = messageOf(Object.fromEntries(Object.entries(VALID).filter(([key]) => key !== name)));
    expect(message).toMatch(/^Settings are not valid:/);
    expect(namedIn(message)).toEqual([name]);
  });

  test.each([
    ["upstreamUrl", "au-api.basiq.io"],
    ["upstreamUrl", "ftp://au-api.basiq.io"],
    ["upstreamUrl", 7],
    ["upstreamVersion", "1.0"],
    ["upstreamVersion", 3],
    ["upstreamApiKeySecret", ""],
  ])("%s is named when it is %o", (name, value) => {
    expect(namedIn(messageOf({ ...VALID, [name]: value }))).toEqual([name]);
  });

  test("is named along with every other one, in one error", () => {
    expect(namedIn(messageOf({}))).toEqual(NAMES);
    expect(namedIn(messageOf({ ...VALID, upstreamUrl: "x", upstreamVersion: "x" }))).toEqual([
      "upstreamUrl",
      "upstreamVersion",
    ]);
  });
});
