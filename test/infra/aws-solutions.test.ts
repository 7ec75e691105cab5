import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { App, Stack } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Topic } from "aws-cdk-lib/aws-sns";
import { describe, expect, test } from "vitest";
import { ConnectionJobs } from "../../infra/aws/connection-jobs.ts";
import { ConnectionJobsStack } from "../../infra/aws/connection-jobs-stack.ts";
import { readSettings } from "../../infra/aws/settings.ts";
import { addChecks } from "../../infra/checks.ts";
import { acknowledgements, covers, everyFinding } from "./aws-solutions.ts";

const NO_BUNDLES = { "aws:cdk:bundling-stacks": [] };
const AGGREGATOR = {
  upstreamUrl: "https://au-api.basiq.io",
  upstreamVersion: "3.0",
  upstreamApiKeySecret: "connection-jobs/upstream-api-key",
};

function deployment(settings: Record<string, unknown> = {}, outdir?: string) {
  const app = new App({
    ...(outdir !== undefined && { outdir }),
    context: { ...AGGREGATOR, ...settings, ...NO_BUNDLES },
  });
  return { app, stack: new ConnectionJobsStack(app, readSettings(app)) };
}

/** The construct twice, in a stack that knows its account and its region. */
function inAnAppOfOnesOwn() {
  const app = new App({ context: NO_BUNDLES });
  const stack = new Stack(app, "Banking", { env: { account: "123456789012", region: "eu-west-1" } });
  const apiKeySecret = Secret.fromSecretNameV2(stack, "Key", "key");
  const upstream = { url: AGGREGATOR.upstreamUrl, version: "3.0", apiKeySecret } as const;
  for (const id of ["Jobs", "More"]) new ConnectionJobs(stack, id, { upstream });
  return { app, stack };
}

const APPS = {
  "with the aggregator": deployment,
  "with the sandbox": () => deployment({ upstream: "sandbox" }),
  "with all that may be set": () =>
    deployment({
      upstream: "sandbox",
      stage: "test",
      deletionProtection: true,
      alarmEmail: "on-call@example.com",
      corsOrigins: ["*"],
      domainName: "api.example.com",
      certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/1f2e-3d",
    }),
  "in an app of one's own": inAnAppOfOnesOwn,
};

function messageOf(work: () => unknown): string {
  try {
    work();
    return "";
  } catch (error) {
    return error instanceof Error ? error.message : "";
  }
}

describe.each(Object.entries(APPS))("a deployment %s", (_, make) => {
  test("has a reason for each finding, and no reason for what is found no more", () => {
    const { app } = make();
    const found = everyFinding(app);
    const said = acknowledgements(app);
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter((finding) => !said.some((one) => covers(one, finding)))).toEqual([]);
    expect(said.filter((one) => !found.some((finding) => covers(one, finding)))).toEqual([]);
    for (const { reason } of said) expect(reason.split(" ").length).toBeGreaterThan(7);
  });
});

describe("a finding that nobody has acknowledged", () => {
  test("fails the synthesis, and is all that is printed", { timeout: 90_000 }, () => {
    const outdir = mkdtempSync(join(tmpdir(), "aws-solutions-"));
    try {
      const { app, stack } = deployment({}, outdir);
      new Topic(stack, "Planted");
      addChecks(app);
      const words = messageOf(() => app.synth());
      expect(words).toMatch(/AwsSolutions-SNS3/);
      expect(words).toContain("ConnectionJobs/Planted/Resource");
      expect(words.match(/Acknowledge with/g)).toHaveLength(1);
    } finally {
      rmSync(outdir, { recursive: true });
    }
  });

  test("is told from one that was acknowledged for another construct", () => {
    const said = { path: "Stack/Tables/Secrets", rule: "AwsSolutions-DDB3" };
    const at = (path: string, rule = said.rule) => covers(said, { path, rule });
    expect(at("Stack/Tables/Secrets/Resource")).toBe(true);
    expect(at("Stack/Tables/SecretsOfOthers/Resource")).toBe(false);
    expect(at("Stack/Tables/Jobs/Resource")).toBe(false);
    expect(at("Stack/Tables/Secrets/Resource", "AwsSolutions-DDB4")).toBe(false);
  });
});

test("the page on what is acknowledged names every rule, and no other", () => {
  const page = readFileSync(
    new URL("../../docs/decisions/which-cdk-nag-findings-do-we-accept.md", import.meta.url),
    "utf8",
  );
  const { app } = deployment({ upstream: "sandbox" });
  const rules = acknowledgements(app).map(({ rule }) => rule.replace(/^AwsSolutions-|\[.*$/g, ""));
  const named = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, rule]) => rule);
  expect(named.toSorted()).toEqual([...new Set(rules)].toSorted());
});
