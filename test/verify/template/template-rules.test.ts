import { describe, expect, test } from "vitest";
import * as z from "zod";
import { ofType, type Resource, type Resources, withoutHash } from "../../infra/resources.ts";
import { ALL_SETTINGS, synthesizedResources } from "../../infra/synthesized.ts";
import {
  allStatements,
  FORCED,
  keyOf,
  OF_ANY_EXECUTION,
  OF_ANY_STREAM,
  permissionsOf,
} from "../support/statements.ts";

const MACHINE = "AWS::StepFunctions::StateMachine";
const TABLE = "AWS::DynamoDB::Table";
const KEY = "AWS::KMS::Key";
const LOG = "AWS::Logs::LogGroup";
const STAGE = "AWS::ApiGatewayV2::Stage";
const FUNCTION = "AWS::Lambda::Function";
const RULE = "AWS::Events::Rule";
const SCHEDULE = "AWS::Scheduler::Schedule";

const withSandbox = synthesizedResources({ upstream: "sandbox" });

interface Rule {
  title: string;
  /** What is against the rule: the names of resources, or what is allowed. */
  violations: (resources: Resources) => string[];
  /** Templates that each take one safeguard away. */
  broken: readonly (readonly [what: string, template: () => Resources])[];
}

/** The resources of a type that are not as wanted. */
function not(type: string, isRight: (found: Resource) => boolean): Rule["violations"] {
  return (resources) =>
    ofType(resources, type)
      .filter(([, found]) => !isRight(found))
      .map(([logicalId]) => withoutHash(logicalId));
}

const fits = (shape: z.ZodRawShape) => (found: Resource) =>
  z.object(shape).safeParse(found.Properties).success;

/** The template with other properties of the resource that has the index among those of its type. */
const setting = (type: string, index: number, properties: object) => () => {
  const resources = structuredClone(withSandbox);
  const [, found] = ofType(resources, type).at(index) ?? [];
  if (found === undefined) throw new Error(`There is no such ${type}.`);
  Object.assign(found.Properties, properties);
  return resources;
};
const without = (type: string, index: number, name: string) => setting(type, index, { [name]: undefined });
const beside =
  (Type: string, Properties: Resource["Properties"] = {}, more: Partial<Resource> = {}) =>
  () => ({
    ...withSandbox,
    Planted00000000: { Type, Properties, Metadata: {}, ...more },
  });
const allowing = (Action: string, Resource: unknown) =>
  beside("AWS::IAM::Policy", { PolicyDocument: { Statement: [{ Effect: "Allow", Action, Resource }] } });

/** The key of a row in the table of secrets is a job and a purpose. */
const isOfSecrets = ({ Properties }: Resource) =>
  JSON.stringify(Properties["KeySchema"] ?? "").includes("purpose");
const secrets = ofType(withSandbox, TABLE).findIndex(([, found]) => isOfSecrets(found));
const COPIES = ["PointInTimeRecoverySpecification", "StreamSpecification", "KinesisStreamSpecification"];

const ROOT = ["arn:", { Ref: "AWS::Partition" }, ":iam::", { Ref: "AWS::AccountId" }, ":root"];
const OF_THE_ACCOUNT = JSON.stringify([
  { Action: "kms:*", Effect: "Allow", Principal: { AWS: { "Fn::Join": ["", ROOT] } }, Resource: "*" },
]);
const ANYBODY = { Effect: "Allow", Action: "kms:Decrypt", Principal: { AWS: "*" }, Resource: "*" };
const ofKey = () => ofType(withSandbox, KEY)[0]?.[1].Properties;
const wide = [...FORCED, ...OF_ANY_EXECUTION, ...OF_ANY_STREAM].map(keyOf);

/** What an access log may contain of a request: no path, no query, no header, no address, no text of an error. */
const ACCESS_LOG_VARIABLES = [
  ...["requestId", "requestTimeEpoch", "routeKey", "status", "responseLength", "responseLatency"],
  ...["integration.latency", "integration.status", "integration.requestId"],
].map((name) => `$context.${name}`);
const accessLogOf = (more: string) => ({
  AccessLogSettings: {
    DestinationArn: { "Fn::GetAtt": ["Logs", "Arn"] },
    Format: JSON.stringify({ requestId: "$context.requestId", more }),
  },
});

const aTopic: Resource = { Type: "AWS::SNS::Topic", Properties: {}, Metadata: {} };
const MAX_RESOURCES = 500;
/** In characters: all policies of a role, as IAM counts them. */
const MAX_OF_ROLE = 10_240;
/** In bytes: who may invoke a function, as Lambda counts it. */
const MAX_OF_FUNCTION = 20_480;
/** Longer than any ARN of ours. */
const AN_ARN = "x".repeat(150);

/** Who has policies of a type that are together longer than allowed, once AWS has filled the references in. */
function tooLong(
  resources: Resources,
  type: string,
  limit: number,
  ownerOf: (properties: Resource["Properties"]) => unknown,
): string[] {
  const lengths = new Map<string, number>();
  for (const [, { Properties }] of ofType(resources, type)) {
    const owner = JSON.stringify(ownerOf(Properties));
    const filled = JSON.stringify(Properties).replaceAll(/\{"(Ref|Fn::GetAtt)":[^{}]*\}/g, AN_ARN);
    lengths.set(owner, (lengths.get(owner) ?? 0) + filled.length);
  }
  return [...lengths].flatMap(([owner, length]) => (length < limit ? [] : [`${owner}: ${length}`]));
}

const aTarget = z.object({ DeadLetterConfig: z.object({ Arn: z.unknown() }) });

const RULES: readonly Rule[] = [
  {
    title: "The state machine's log contains no data of executions",
    violations: not(
      MACHINE,
      fits({
        LoggingConfiguration: z.object({ IncludeExecutionData: z.literal(false), Level: z.literal("ERROR") }),
      }),
    ),
    broken: [
      [
        "with data",
        setting(MACHINE, 0, { LoggingConfiguration: { IncludeExecutionData: true, Level: "ERROR" } }),
      ],
      ["by default", setting(MACHINE, 0, { LoggingConfiguration: { Level: "ERROR" } })],
    ],
  },
  {
    title: "Nothing traces, because traces store payloads",
    violations: (resources) =>
      Object.entries(resources)
        .filter(([, { Properties }]) => /TracingConfig|TracingEnabled|XRay/i.test(JSON.stringify(Properties)))
        .map(([logicalId]) => withoutHash(logicalId)),
    broken: [
      ["a state machine", setting(MACHINE, 0, { TracingConfiguration: { Enabled: true } })],
      ["a function", setting(FUNCTION, 3, { TracingConfig: { Mode: "Active" } })],
    ],
  },
  {
    title: "Secrets are in no backup and no stream, and are deleted with the stack",
    violations: (resources) => [
      ...not(TABLE, (found) => {
        const isGone = found.DeletionPolicy === "Delete" && found.UpdateReplacePolicy === "Delete";
        return (
          !isOfSecrets(found) || (isGone && COPIES.every((name) => found.Properties[name] === undefined))
        );
      })(resources),
      ...Object.values(resources).flatMap(({ Type }) =>
        /^AWS::Backup::|^AWS::DynamoDB::GlobalTable/.test(Type) ? [Type] : [],
      ),
    ],
    broken: [
      ...COPIES.map((name) => [name, setting(TABLE, secrets, { [name]: {} })] as const),
      ["a backup plan", beside("AWS::Backup::BackupPlan")],
      ["a retained table", beside(TABLE, { KeySchema: ["purpose"] }, { DeletionPolicy: "Retain" })],
    ],
  },
  {
    title: "Every table deletes rows that are past their time",
    violations: not(
      TABLE,
      fits({
        TimeToLiveSpecification: z.object({
          AttributeName: z.literal("expiresAt"),
          Enabled: z.literal(true),
        }),
      }),
    ),
    broken: [
      ["off", setting(TABLE, 0, { TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: false } })],
      ["none", without(TABLE, secrets, "TimeToLiveSpecification")],
    ],
  },
  {
    // AWS rotates symmetric keys only. The signing key has to be replaced by hand.
    title: "Every key that can rotate rotates",
    violations: not(KEY, ({ Properties }) =>
      "KeySpec" in Properties
        ? Properties["KeySpec"] === "ECC_NIST_P256" && Properties["KeyUsage"] === "SIGN_VERIFY"
        : Properties["EnableKeyRotation"] === true,
    ),
    broken: [
      ["not set", without(KEY, 0, "EnableKeyRotation")],
      ["off", setting(KEY, 0, { EnableKeyRotation: false })],
    ],
  },
  {
    title:
      "A key has the account's own policy, and outlives the stack, but not a deployment that creates it in vain",
    violations: not(
      KEY,
      (found) =>
        found.DeletionPolicy === "RetainExceptOnCreate" &&
        found.UpdateReplacePolicy === "Retain" &&
        fits({
          KeyPolicy: z.object({
            Statement: z.unknown().refine((all) => JSON.stringify(all) === OF_THE_ACCOUNT),
          }),
        })(found),
    ),
    broken: [
      ["anybody", setting(KEY, 0, { KeyPolicy: { Statement: [ANYBODY] } })],
      ["deleted", beside(KEY, ofKey(), { DeletionPolicy: "Delete", UpdateReplacePolicy: "Retain" })],
      [
        "deleted when it is replaced",
        beside(KEY, ofKey(), { DeletionPolicy: "RetainExceptOnCreate", UpdateReplacePolicy: "Delete" }),
      ],
    ],
  },
  {
    title: "Every grant names its resource and its actions, except where AWS or the CDK forces a wildcard",
    violations: (resources) =>
      allStatements(resources)
        .flatMap(permissionsOf)
        .filter(([action, resource]) => action.includes("*") || resource.includes("*"))
        .map(keyOf)
        .filter((permission) => !wide.includes(permission)),
    broken: [
      ["any table", allowing("dynamodb:GetItem", "*")],
      ["any action", allowing("dynamodb:*", { Ref: "TablesJobs00000000" })],
      ["any object", allowing("s3:GetObject", "arn:aws:s3:::somewhere/*")],
    ],
  },
  {
    title: "A template fits into a stack",
    violations: (resources) => {
      const count = Object.keys(resources).length;
      return count < MAX_RESOURCES ? [] : [`${count} resources`];
    },
    broken: [
      [
        "too many resources",
        () => Object.fromEntries(Array.from({ length: MAX_RESOURCES }, (_, id) => [`T${id}`, aTopic])),
      ],
    ],
  },
  {
    title: "The policies of a role and of a function leave room below the limits of AWS",
    violations: (resources) => [
      ...tooLong(resources, "AWS::IAM::Policy", MAX_OF_ROLE, ({ Roles }) => Roles),
      ...tooLong(resources, "AWS::Lambda::Permission", MAX_OF_FUNCTION, ({ FunctionName }) => FunctionName),
    ],
    broken: [
      [
        "a role",
        beside("AWS::IAM::Policy", { Roles: [{ Ref: "Planted" }], PolicyDocument: "x".repeat(MAX_OF_ROLE) }),
      ],
      [
        "a function",
        beside("AWS::Lambda::Permission", { FunctionName: "planted", Action: "x".repeat(MAX_OF_FUNCTION) }),
      ],
    ],
  },
  {
    title: "Every log expires",
    // CloudWatch Logs has no longer time than ten years.
    violations: not(LOG, fits({ RetentionInDays: z.int().min(1).max(3653) })),
    broken: [
      ["never", without(LOG, 5, "RetentionInDays")],
      ["another log", beside(LOG)],
    ],
  },
  {
    title: "Every function has a log of its own",
    violations: (resources) => {
      const groups = ofType(resources, FUNCTION).map(([, { Properties }]) =>
        JSON.stringify(Properties["LoggingConfig"]),
      );
      return groups.filter((group, index) => group === undefined || groups.indexOf(group) !== index);
    },
    broken: [
      ["Lambda's own", without(FUNCTION, 2, "LoggingConfig")],
      ["a shared log", beside(FUNCTION, ofType(withSandbox, FUNCTION)[0]?.[1].Properties)],
    ],
  },
  {
    title: "Every schedule has a dead-letter queue",
    violations: (resources) => [
      ...not(RULE, fits({ Targets: z.array(aTarget) }))(resources),
      ...not(SCHEDULE, fits({ Target: aTarget }))(resources),
    ],
    broken: [
      ["a rule", beside(RULE, { Targets: [{ Arn: "a", Id: "a" }] })],
      ["a schedule", beside(SCHEDULE, { Target: { Arn: "a" } })],
    ],
  },
  {
    title: "Every API is throttled",
    violations: not(
      STAGE,
      fits({
        DefaultRouteSettings: z.object({
          ThrottlingRateLimit: z.number().min(1).max(500),
          ThrottlingBurstLimit: z.number().min(1).max(1000),
        }),
      }),
    ),
    broken: [
      ["not at all", without(STAGE, 0, "DefaultRouteSettings")],
      [
        "too late",
        setting(STAGE, 1, { DefaultRouteSettings: { ThrottlingRateLimit: 501, ThrottlingBurstLimit: 1000 } }),
      ],
    ],
  },
  {
    title: "Every API logs its requests without the data of the request",
    violations: not(
      STAGE,
      fits({
        AccessLogSettings: z.object({
          DestinationArn: z.object({ "Fn::GetAtt": z.tuple([z.string(), z.literal("Arn")]) }),
          Format: z
            .string()
            .transform((text): unknown => JSON.parse(text))
            .pipe(z.record(z.string(), z.enum(ACCESS_LOG_VARIABLES))),
        }),
      }),
    ),
    broken: [
      ["not at all", without(STAGE, 1, "AccessLogSettings")],
      ["the path", setting(STAGE, 0, accessLogOf("$context.path"))],
      ["the address", setting(STAGE, 0, accessLogOf("$context.identity.sourceIp"))],
    ],
  },
];

describe.each([
  ["of the aggregator", synthesizedResources()],
  ["with the sandbox", withSandbox],
  ["with all settings", synthesizedResources(ALL_SETTINGS)],
])("in the template %s", (_, resources) => {
  test.each(RULES.map(({ title, violations }) => [title, violations] as const))(
    "%s",
    (_title, violations) => {
      expect(violations(resources)).toEqual([]);
    },
  );
});

describe.each(RULES.map((rule) => [rule.title, rule] as const))("%s", (_, { violations, broken }) => {
  test.each(broken)("The rule finds a template that breaks it: %s", (_what, make) => {
    expect(violations(make())).not.toEqual([]);
  });
});
