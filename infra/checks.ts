import { type App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";

/**
 * Checks every stack of the app against AWS's rules for the CDK (cdk-nag). Synthesis fails if a finding has no suppression
 * with a reason next to its construct.
 */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
