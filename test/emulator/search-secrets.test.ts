import { describe, expect, test } from "vitest";
import { secretsFound } from "./search-secrets.ts";

const SECRETS = new Set(["1234", "jared", 'say "friend"\\', "tabsnotspaces"]);
const QUOTED = 'say "friend"\\';

function nested(secret: string, depth: number): string {
  return depth === 0 ? secret : JSON.stringify({ value: nested(secret, depth - 1) });
}

describe("a secret is found", () => {
  test.each([0, 1, 2, 3])("as a text that is JSON in JSON, %i times", (depth) => {
    expect(secretsFound(nested(QUOTED, depth), SECRETS)).toEqual([QUOTED]);
  });

  test.each(["", "x", "xx", '{"password":"', "a longer beginning "])("in base64, after '%s'", (before) => {
    const encoded = Buffer.from(`${before}tabsnotspaces"}`).toString("base64");
    expect(secretsFound(`{"Authorization":"Basic ${encoded}"}`, SECRETS)).toEqual(["tabsnotspaces"]);
  });

  test("in the base64 of addresses", () => {
    const encoded = Buffer.from('{"a":"~~~?jared"}').toString("base64url");
    expect(secretsFound(`token=${encoded}`, SECRETS)).toEqual(["jared"]);
  });

  test("as a part of a sentence", () => {
    expect(secretsFound("No user jared, who answered 1234.", SECRETS)).toEqual(["1234", "jared"]);
  });
});

describe("nothing is found", () => {
  test.each([
    ["in a word that holds it", "shared jaredian"],
    ["in an id", "0f1e1234-1234-4123-8123-1234123412ab"],
    ["in a moment", '{"time":"1234-11-21T12:34:12.341234Z"}'],
    ["in a number", '{"durationMs":1234,"more":1234}'],
  ])("%s", (_, text) => {
    expect(secretsFound(text, SECRETS)).toEqual([]);
  });
});
