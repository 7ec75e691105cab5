import { type App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks, type IApplyRule, NagRuleCompliance } from "cdk-nag";
import * as z from "zod";

/** A finding of the rules, or an acknowledgement of one, at the construct of this path. */
export interface AtConstruct {
  path: string;
  rule: string;
}

/** The rules, but deaf to what was acknowledged. */
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

/** A rule that cannot make sense of a template counts as broken. */
function resultOf(apply: () => ReturnType<IApplyRule["rule"]>): ReturnType<IApplyRule["rule"]> {
  try {
    return apply();
  } catch {
    return NagRuleCompliance.NON_COMPLIANT;
  }
}

/** All that the rules find, whether it was acknowledged or not. */
export function everyFinding(app: App): AtConstruct[] {
  const rules = new EveryFinding();
  rules.validateScope(app);
  return rules.found;
}

const acknowledged = z.record(z.string(), z.string());

/** What was acknowledged, with its reason. */
export function acknowledgements(app: App): (AtConstruct & { reason: string })[] {
  return app.node.findAll().flatMap(({ node }) =>
    node.metadata
      .filter(({ type }) => type === Validations.ACKNOWLEDGED_RULES_METADATA_KEY)
      .flatMap(({ data }) => Object.entries(acknowledged.parse(data)))
      .map(([id, reason]) => ({ path: node.path, rule: id.replace(/^\w+::/, ""), reason })),
  );
}

/** Whether an acknowledgement speaks of a finding: it does for a construct and what is in it. */
export function covers(said: AtConstruct, { path, rule }: AtConstruct): boolean {
  return said.rule === rule && (path === said.path || path.startsWith(`${said.path}/`));
}
