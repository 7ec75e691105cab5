import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Suppresses a finding of the cdk-nag pack "AwsSolutions" for a construct and its children, and records the reason. The
 * suppression also applies when the app that uses this construct runs these rules.
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** Suppresses the finding for one wildcard resource in a policy. The rules require a suppression per resource. */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${flat(Stack.of(construct).resolve(resource))}]`, reason);
}

/** Formats a CloudFormation intrinsic function as the rules format it in the id of a finding. */
function flat(value: unknown): string {
  if (typeof value === "string") return value;
  const [intrinsic, operand] = Object.entries(Object(value))[0] ?? [];
  if (intrinsic === "Ref") return `<${operand}>`;
  if (!Array.isArray(operand)) return JSON.stringify(value);
  const [first, second] = operand;
  if (intrinsic === "Fn::GetAtt") return `<${first}.${second}>`;
  if (intrinsic === "Fn::Join" && Array.isArray(second)) return second.map(flat).join(String(first));
  return JSON.stringify(value);
}
