import { Stack, Validations } from "aws-cdk-lib";
import type { IConstruct } from "constructs";

/**
 * Says why a finding of the rules that AWS gives for the CDK, its pack "AwsSolutions", stays as it is: for a construct and what is in it.
 * Whoever runs these rules over an app of their own does not meet it again.
 */
export function acknowledge(construct: IConstruct, rule: string, reason: string): void {
  Validations.of(construct).acknowledge({ id: `AwsSolutions-${rule}`, reason });
}

/** A resource with a star in a policy. Each has to be named. */
export function acknowledgeWildcard(construct: IConstruct, resource: string, reason: string): void {
  acknowledge(construct, `IAM5[Resource::${flat(Stack.of(construct).resolve(resource))}]`, reason);
}

/** As the rules write what CloudFormation puts together. */
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
