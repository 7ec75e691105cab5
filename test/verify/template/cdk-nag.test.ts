import { type App, Stack, Validations } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Topic } from "aws-cdk-lib/aws-sns";
import { AwsSolutionsChecks, type IApplyRule, NagRuleCompliance } from "cdk-nag";
import { expect, test } from "vitest";
import * as z from "zod";
import { ConnectionJobs } from "../../../infra/aws/connection-jobs.ts";
import { ConnectionJobsStack } from "../../../infra/aws/connection-jobs-stack.ts";
import { readSettings } from "../../../infra/aws/settings.ts";
import { addChecks } from "../../../infra/checks.ts";
import { textOf } from "../../docs/pages.ts";
import { ALL_SETTINGS, withApp } from "../../infra/synthesized.ts";

/** A finding, or the acknowledgement of one, at the construct of this path. */
interface AtConstruct {
  path: string;
  rule: string;
}

/** The rules of the pack, which also report what was acknowledged. */
class EveryFinding extends AwsSolutionsChecks {
  readonly found: AtConstruct[] = [];

  protected override applyRule({ rule, ruleSuffixOverride, node }: IApplyRule): void {
    const result = resultOf(() => rule(node));
    const name = `AwsSolutions-${ruleSuffixOverride ?? rule.name}`;
    const { path } = node.node;
    if (result === NagRuleCompliance.NON_COMPLIANT) this.found.push({ path, rule: name });
    if (Array.isArray(result))
      this.found.push(...result.map((which) => ({ path, rule: `${name}[${which}]` })));
  }
}

/** A rule that cannot read a template counts as broken. */
function resultOf(apply: () => ReturnType<IApplyRule["rule"]>): ReturnType<IApplyRule["rule"]> {
  try {
    return apply();
  } catch {
    return NagRuleCompliance.NON_COMPLIANT;
  }
}

function everyFinding(app: App): AtConstruct[] {
  const rules = new EveryFinding();
  rules.validateScope(app);
  return rules.found;
}

function acknowledgements(app: App): (AtConstruct & { reason: string })[] {
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(z.record(z.string(), z.string()).parse(data)))
      .map(([id, reason]) => ({ path: node.path, rule: id.replace(/^\w+::/, ""), reason })),
  );
}

/** An acknowledgement is for its construct and everything in it. */
function covers(acknowledged: AtConstruct, { path, rule }: AtConstruct): boolean {
  const isInside = path === acknowledged.path || path.startsWith(`${acknowledged.path}/`);
  return acknowledged.rule === rule && isInside;
}

const AGGREGATOR = {
  upstreamUrl: "https://au-api.basiq.io",
  upstreamVersion: "3.0",
  upstreamApiKeySecret: "connection-jobs/upstream-api-key",
};
const WITH_SANDBOX = { ...AGGREGATOR, upstream: "sandbox" };
const deployment = (app: App) => new ConnectionJobsStack(app, readSettings(app));

/** The construct twice, in a stack that knows its account and its region. */
function twiceInOneStack(app: App) {
  const stack = new Stack(app, "Banking", { env: { account: "123456789012", region: "eu-west-1" } });
  const apiKeySecret = Secret.fromSecretNameV2(stack, "Key", "key");
  const upstream = { url: AGGREGATOR.upstreamUrl, version: "3.0", apiKeySecret } as const;
  for (const id of ["Jobs", "More"]) new ConnectionJobs(stack, id, { upstream });
}

test.each([
  ["The deployment with the aggregator", AGGREGATOR, deployment],
  ["The deployment with the sandbox", WITH_SANDBOX, deployment],
  ["The deployment with all settings", { ...AGGREGATOR, ...ALL_SETTINGS }, deployment],
  ["The construct in an app of its user", {}, twiceInOneStack],
])("%s has a reason for each finding, and none for a finding that is gone", (_, settings, make) => {
  withApp(settings, (app) => {
    make(app);
    const found = everyFinding(app);
    const acknowledged = acknowledgements(app);
    expect(found.length).toBeGreaterThan(20);
    expect(found.filter((finding) => !acknowledged.some((one) => covers(one, finding)))).toEqual([]);
    expect(acknowledged.filter((one) => !found.some((finding) => covers(one, finding)))).toEqual([]);
    for (const { reason } of acknowledged) expect(reason.split(" ").length).toBeGreaterThan(7);
  });
});

test("A finding without an acknowledgement fails the synthesis, and is the only one that is printed", () => {
  withApp(AGGREGATOR, (app) => {
    new Topic(deployment(app), "Planted");
    addChecks(app);
    expect(() => app.synth()).toThrow(
      expect.toSatisfy(
        ({ message }: Error) =>
          /AwsSolutions-SNS3/.test(message) &&
          message.includes("ConnectionJobs/Planted/Resource") &&
          message.match(/Acknowledge with/g)?.length === 1,
      ),
    );
  });
});

test("An acknowledgement is not for another construct or another rule", () => {
  const acknowledged = { path: "Stack/Tables/Secrets", rule: "AwsSolutions-DDB3" };
  const at = (path: string, rule = acknowledged.rule) => covers(acknowledged, { path, rule });
  expect(at("Stack/Tables/Secrets/Resource")).toBe(true);
  expect(at("Stack/Tables/SecretsOfOthers/Resource")).toBe(false);
  expect(at("Stack/Tables/Secrets/Resource", "AwsSolutions-DDB4")).toBe(false);
});

test("The page on acknowledged findings names every rule, and no other", () => {
  const page = textOf("docs/decisions/which-cdk-nag-findings-do-we-accept.md");
  const rules = withApp(WITH_SANDBOX, (app) => {
    deployment(app);
    return acknowledgements(app).map(({ rule }) => rule.replace(/^AwsSolutions-|\[.*$/g, ""));
  });
  const named = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, rule]) => rule);
  expect(named.toSorted()).toEqual([...new Set(rules)].toSorted());
});
