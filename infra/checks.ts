import { type App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";

/**
 * Holds every stack of the app against AWS's own list. What it finds and nobody has acknowledged, with a reason, beside the
 * construct, fails the command that synthesizes.
 */
export function addChecks(app: App): void {
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app));
}
