import * as z from "zod";
import { ofType, type Resources, referredTo, withoutHash } from "../../infra/resources.ts";

const oneOrMore = z.union([z.array(z.unknown()), z.unknown().transform((value) => [value])]);
const actions = z.union([z.array(z.string()), z.string().transform((action) => [action])]);
const statement = z.strictObject({
  Sid: z.string().optional(),
  Effect: z.enum(["Allow", "Deny"]),
  Action: actions,
  Resource: oneOrMore.default([]),
  Principal: z.unknown().optional(),
  Condition: z.unknown().optional(),
});
/** What is denied allows nothing. */
const document = z.object({
  Statement: z.array(statement).transform((all) => all.filter(({ Effect }) => Effect === "Allow")),
});

const policyProperties = z.object({ PolicyDocument: document, Roles: z.array(z.unknown()) });
const roleProperties = z.strictObject({
  AssumeRolePolicyDocument: document,
  ManagedPolicyArns: z.array(z.unknown()).default([]),
});
const joined = z
  .object({ "Fn::Join": z.tuple([z.literal(""), z.array(z.unknown())]) })
  .transform((found) => found["Fn::Join"][1]);
/** The seventh part of the ARN of a state machine, which is its name. */
const seventhOf = z
  .object({
    "Fn::Select": z.tuple([z.literal(6), z.object({ "Fn::Split": z.tuple([z.literal(":"), z.unknown()]) })]),
  })
  .transform((found) => found["Fn::Select"][1]["Fn::Split"][1]);

export type Statement = z.infer<typeof statement>;
/** One action on one resource, and the condition that goes with it. */
export type Permission = readonly [action: string, resource: string, condition?: unknown];

const TASKS = ["AskForAnswer", "FollowJob", "GiveUp", "OpenConnection", "SendAnswer"];
const LOG_DELIVERY = [
  ...["CreateLogDelivery", "DeleteLogDelivery", "GetLogDelivery", "ListLogDeliveries", "UpdateLogDelivery"],
  ...["DescribeLogGroups", "DescribeResourcePolicies", "PutResourcePolicy"],
].toSorted();

/** Lambda writes the log of a function, by its role; no call of ours does. */
export const LOG_WRITING = ["logs:CreateLogStream", "logs:PutLogEvents"];

const READING_A_STREAM = ["DescribeStream", "GetRecords", "GetShardIterator"].map(
  (action) => `dynamodb:${action}`,
);
const LISTING_STREAMS = "dynamodb:ListStreams";

/** What AWS does by a role to read the stream of a table. */
export function streamReading(table: string): Permission[] {
  const reading = READING_A_STREAM.map((action): Permission => [action, table]);
  return [...reading, [LISTING_STREAMS, `${table}/stream/*`]];
}

/**
 * What Lambda does by a function's role: beside the log, it reads a stream, and puts a run that failed into the dead letters.
 */
export const DONE_BY_LAMBDA = [...LOG_WRITING, ...READING_A_STREAM, LISTING_STREAMS, "sqs:SendMessage"];

/** Wide, and needed: AWS lists all streams of a table together. */
export const OF_ANY_STREAM: readonly Permission[] = ["TablesJobs", "TablesEvents"].map((table) => [
  LISTING_STREAMS,
  `${table}/stream/*`,
]);

const ANY_EXECUTION = "execution:WorkflowStateMachine:*";

/** Wide, and needed: an execution is named after its job, and those jobs are still to come. */
export const OF_ANY_EXECUTION: readonly Permission[] = [
  ["states:StopExecution", ANY_EXECUTION],
  ["states:StopExecution", ANY_EXECUTION],
  ["states:StopExecution", ANY_EXECUTION],
  ["states:DescribeExecution", ANY_EXECUTION],
];

/** What is wider than our calls need, by what forces it. */
export const FORCED_BY: { readonly [reason: string]: readonly Permission[] } = {
  "AWS: the account keeps control of its two keys": [
    ["kms:*", "*"],
    ["kms:*", "*"],
  ],
  "AWS: the delivery of the state machine's log knows no resources": LOG_DELIVERY.map((action) => [
    `logs:${action}`,
    "*",
  ]),
  "the CDK: the versions of the one function that each Task invokes": TASKS.map((task) => [
    "lambda:InvokeFunction",
    `Tasks${task}:*`,
  ]),
};

export const FORCED = Object.values(FORCED_BY).flat();

/** The condition of a permission for rows of the jobs table, by what their keys begin with. */
export const rows = (...patterns: string[]) => ({
  "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns },
});

/** The role of a function or a state machine, by its properties. */
export function roleOf(properties: Readonly<Record<string, unknown>> | undefined): string {
  return referredTo(
    z
      .object({ Role: z.unknown().optional(), RoleArn: z.unknown().optional() })
      .transform(({ Role, RoleArn }) => Role ?? RoleArn)
      .parse(properties),
  );
}

/** What the policies of a role allow; its managed policies apart. */
export function permissionsOfRole(resources: Resources, roleId: string): Permission[] {
  return ofType(resources, "AWS::IAM::Policy")
    .map(([, { Properties }]) => policyProperties.parse(Properties))
    .filter(({ Roles }) => Roles.map(referredTo).includes(roleId))
    .flatMap(({ PolicyDocument }) => PolicyDocument.Statement.flatMap(permissionsOf))
    .toSorted((a, b) => keyOf(a).localeCompare(keyOf(b)));
}

export function permissionsOf({ Action, Resource, Condition }: Statement): Permission[] {
  return Action.flatMap((action) =>
    Resource.map(nameOf).map(
      (name): Permission => (Condition === undefined ? [action, name] : [action, name, Condition]),
    ),
  );
}

export function rolePartsOf(resources: Resources, roleId: string) {
  return roleProperties.parse(resources[roleId]?.Properties);
}

/** Every statement of the template, wherever it stands. */
export function allStatements(resources: Resources): Statement[] {
  return Object.values(resources).flatMap(({ Properties }) => statementsIn(Properties));
}

function statementsIn(value: unknown): Statement[] {
  if (typeof value !== "object" || value === null) return [];
  const found = z.object({ Statement: z.unknown() }).safeParse(value);
  if (found.success) return document.parse(value).Statement;
  return Object.values(value).flatMap(statementsIn);
}

/**
 * `*`, a resource of ours by its name, `name:*` for the versions of a function, `name/index/other` for an index,
 * `execution:name:*` for the executions of a state machine, or `secret:name` for a secret that the template does not make.
 */
function nameOf(value: unknown): string {
  return textOf(value).replace(/^arn:AWS::.*:(?=(execution|secret):)/, "");
}

function textOf(value: unknown): string {
  if (typeof value === "string") return value;
  const parts = joined.safeParse(value);
  if (parts.success) return parts.data.map(textOf).join("");
  const arn = seventhOf.safeParse(value);
  return arn.success ? textOf(arn.data) : withoutHash(referredTo(value));
}

export function keyOf(permission: Permission): string {
  return JSON.stringify(permission);
}
