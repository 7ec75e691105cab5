import { describe, expect, test } from "vitest";
import { synthesize } from "../../infra/synthesize.ts";

const template = synthesize();

/** Four that take requests for a job, three that open or follow its connection. */
const REACH_UPSTREAM = 7;

interface Leaf {
  path: string;
  value: string;
}

function leavesOf(value: unknown, path = ""): Leaf[] {
  if (typeof value === "string") return [{ path, value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, part]) => leavesOf(part, `${path}/${key}`));
}

/** The name of a secret of Secrets Manager is none. */
const NAME_OF_A_SECRET = /_SECRET$/;
const NAMED_LIKE_A_SECRET = /api_?key|secret|password|passwd|token|credential/i;
const LOOKS_LIKE_A_SECRET = [
  /\b(AKIA|ASIA)[0-9A-Z]{16}\b/,
  /-----BEGIN/,
  /\beyJ[\w-]{10,}/,
  /\b(Basic|Bearer) [\w+/=-]{8,}/,
  /\b(sk|pk|ghp|xox[bp])[-_][\w-]{8,}/,
  /[\w+/=-]{40,}/,
];
/** The name of a bundle is the hash of its content. */
const BUNDLE = /^[0-9a-f]{64}\.zip$/;
const SWITCH = /^(true|false)$/;
const POLICY_OF_AWS = /^:iam::aws:policy\/[\w/-]+$/;

/** A value whose own name says secret must be a reference of CloudFormation. */
function literalSecretsIn(value: unknown): string[] {
  return leavesOf(value)
    .filter(({ path, value: text }) => {
      const name = path.split("/").at(-1) ?? "";
      if (NAME_OF_A_SECRET.test(name)) return false;
      if ([BUNDLE, POLICY_OF_AWS, SWITCH].some((pattern) => pattern.test(text))) return false;
      return NAMED_LIKE_A_SECRET.test(name) || LOOKS_LIKE_A_SECRET.some((pattern) => pattern.test(text));
    })
    .map(({ path }) => path);
}

const isDefinition = (path: string) => path.includes("/DefinitionString/");
const isResourceId = (path: string) => /\/(Ref|Fn::GetAtt\/0|DependsOn\/\d+|PolicyName|Sid)$/.test(path);

describe("the template", () => {
  test("names the secret with the upstream API key to the functions that reach upstream", () => {
    const names = leavesOf(template).filter(({ path }) => path.endsWith("/UPSTREAM_API_KEY_SECRET"));
    expect(names.map(({ value }) => value)).toEqual(
      Array(REACH_UPSTREAM).fill("connection-jobs/upstream-api-key"),
    );
  });

  test("has no secret filled in while it is deployed, where a function's configuration would show it", () => {
    expect(leavesOf(template).filter(({ value }) => value.includes("{{resolve:"))).toEqual([]);
  });

  test("holds no literal that looks like a secret", () => {
    const found = literalSecretsIn(template).filter((path) => !isDefinition(path) && !isResourceId(path));
    expect(found).toEqual([]);
  });

  test.each([
    [{ Environment: { UPSTREAM_API_KEY: "abc" } }],
    [{ Environment: { PASSWORD: "abc" } }],
    [{ Description: "AKIAIOSFODNN7EXAMPLE" }],
    [{ Description: "-----BEGIN EC PRIVATE KEY-----" }],
    [{ Description: "Basic bG9jYWwtZGV2ZWxvcG1lbnQ=" }],
    [{ Description: "bG9jYWwtZGV2ZWxvcG1lbnQtbG9jYWwtZGV2ZWxvcG1lbnQ" }],
  ])("would be caught with %o in it", (planted) => {
    expect(literalSecretsIn(planted)).toHaveLength(1);
  });
});

test("another secret and another upstream are taken from the context", () => {
  const other = JSON.stringify(
    synthesize({ upstreamApiKeySecret: "other/key", upstreamUrl: "https://elsewhere.example" }),
  );
  expect(other.match(/"UPSTREAM_API_KEY_SECRET":"other\/key"/g)).toHaveLength(REACH_UPSTREAM);
  expect(other.match(/"UPSTREAM_URL":"https:\/\/elsewhere\.example"/g)).toHaveLength(REACH_UPSTREAM);
});
