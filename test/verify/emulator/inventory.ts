import * as z from "zod";
import { type AwsCall, awsCalls, awsTexts } from "./aws.ts";
import type { Environment } from "./programs.ts";

const named = (service: string, operation: string, query: string, parameters = {}): AwsCall => ({
  service,
  operation,
  query,
  parameters,
});

/** All that a stack of ours may consist of, and what could come beside it. */
const LISTS = {
  function: named("lambda", "list_functions", "Functions[].FunctionName"),
  "log group": named("logs", "describe_log_groups", "logGroups[].logGroupName"),
  "state machine": named("stepfunctions", "list_state_machines", "stateMachines[].name"),
  API: named("apigatewayv2", "get_apis", "Items[].ApiId"),
  role: named("iam", "list_roles", "Roles[].RoleName"),
  policy: named("iam", "list_policies", "Policies[].PolicyName", { Scope: "Local" }),
  table: named("dynamodb", "list_tables", "TableNames"),
  key: named("kms", "list_keys", "Keys[].KeyId"),
  secret: named("secretsmanager", "list_secrets", "SecretList[].Name"),
  alarm: named("cloudwatch", "describe_alarms", "[MetricAlarms, CompositeAlarms][][].AlarmName"),
  dashboard: named("cloudwatch", "list_dashboards", "DashboardEntries[].DashboardName"),
  rule: named("events", "list_rules", "Rules[].Name"),
  schedule: named("scheduler", "list_schedules", "Schedules[].Name"),
  queue: named("sqs", "list_queues", "QueueUrls"),
  topic: named("sns", "list_topics", "Topics[].TopicArn"),
  parameter: named("ssm", "describe_parameters", "Parameters[].Name"),
  bucket: named("s3", "list_buckets", "Buckets[].Name"),
  stack: named("cloudformation", "list_stacks", "StackSummaries[?StackStatus!='DELETE_COMPLETE'].StackName"),
};

const KINDS_THAT_STAY = new Map([
  ["AWS::DynamoDB::Table", "table"],
  ["AWS::KMS::Key", "key"],
]);

const template = z.object({
  Resources: z.record(z.string(), z.object({ DeletionPolicy: z.string().optional() })),
});
const resources = z.array(z.tuple([z.string(), z.string(), z.string()]));

/** What there is in the account, a line each: its kind and its name. */
export async function inventory(commands: Environment): Promise<Set<string>> {
  const answers = await awsTexts(commands, Object.values(LISTS));
  const kinds = Object.keys(LISTS);
  return new Set(answers.flatMap((names, index) => names.map((name) => `${kinds[index]} ${name}`)));
}

/** Its KMS keys: they are listed until the days are over after which they may be deleted. */
export function keysIn(things: Set<string>): string[] {
  return [...things].filter((thing) => thing.startsWith("key "));
}

/** What the stack's template says to keep when the stack goes, as {@link inventory} names it. */
export async function meantToStay(commands: Environment, StackName: string): Promise<string[]> {
  const listed = "StackResourceSummaries[].[LogicalResourceId, ResourceType, PhysicalResourceId]";
  const [bodies, found] = await awsCalls(commands, [
    named("cloudformation", "get_template", "[TemplateBody]", { StackName }),
    named("cloudformation", "list_stack_resources", listed, { StackName }),
  ]);
  const { Resources } = template.parse(bodies?.[0]);
  const stored = resources.parse(found).filter(([id]) => /^Retain/.test(Resources[id]?.DeletionPolicy ?? ""));
  return stored.map(([id, type, name]) => {
    const kind = KINDS_THAT_STAY.get(type);
    if (kind === undefined) throw new Error(`Only tables and keys are meant to stay, not ${id}.`);
    return `${kind} ${name.split("/").at(-1)}`;
  });
}

/** Throws when more is left of a stack than is meant to stay, or less. */
export function checkLeftovers(before: Set<string>, after: Set<string>, stored: readonly string[]): void {
  const left = [...after].filter((thing) => !before.has(thing));
  const faults = [
    ...left.filter((thing) => !stored.includes(thing)).map((thing) => `Is left: ${thing}`),
    ...stored.filter((thing) => !left.includes(thing)).map((thing) => `Was to stay, and is gone: ${thing}`),
    ...[...before]
      .filter((thing) => !after.has(thing))
      .map((thing) => `Was there before, and is gone: ${thing}`),
  ];
  if (faults.length > 0) throw new Error(faults.join("\n"));
}
