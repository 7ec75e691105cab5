import * as z from "zod";
import { FORCED, OF_ANY_EXECUTION } from "./forced-permissions.ts";
import { ofType, type Resource, type Resources, withoutHash } from "./resources.ts";
import { allStatements, keyOf, permissionsOf } from "./statements.ts";

/** Gives what is against a rule in a template: the names of its resources, or what they are allowed. */
type Rule = (resources: Resources) => string[];

/** The resources of a type whose properties are not as wanted. */
function not(type: string, isRight: (found: Resource, all: Resources) => boolean): Rule {
  return (resources) =>
    ofType(resources, type)
      .filter(([, found]) => !isRight(found, resources))
      .map(([logicalId]) => withoutHash(logicalId));
}

const fits = (schema: z.ZodType) => (found: Resource) => schema.safeParse(found.Properties).success;

const reference = z.object({ "Fn::GetAtt": z.tuple([z.string(), z.literal("Arn")]) });
const aRetention = z.object({ RetentionInDays: z.int().min(1) });

/** What an access log may tell of a request: no path, no query, no header, no address, no text of an error. */
const ACCESS_LOG_VARIABLES = [
  ...["requestId", "requestTimeEpoch", "routeKey", "status", "responseLength", "responseLatency"],
  ...["integration.latency", "integration.status", "integration.requestId"],
];
const accessLogged = z.object({
  AccessLogSettings: z.object({
    DestinationArn: reference,
    Format: z.string().transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text))),
  }),
});

/** Whether a policy denies something of the resource to whoever comes without TLS. */
const withoutTls = z.object({ Bool: z.object({ "aws:SecureTransport": z.literal("false") }) });
const deniesWithoutTls = z.object({
  PolicyDocument: z.object({
    Statement: z
      .array(z.object({ Effect: z.string(), Principal: z.unknown(), Condition: z.unknown() }))
      .refine((all) =>
        all.some(
          ({ Effect, Principal, Condition }) =>
            Effect === "Deny" &&
            ["*", JSON.stringify({ AWS: "*" })].includes(
              typeof Principal === "string" ? Principal : JSON.stringify(Principal),
            ) &&
            withoutTls.safeParse(Condition).success,
        ),
      ),
  }),
});

const OF_THE_ACCOUNT = [
  {
    Action: "kms:*",
    Effect: "Allow",
    Principal: {
      AWS: {
        "Fn::Join": ["", ["arn:", { Ref: "AWS::Partition" }, ":iam::", { Ref: "AWS::AccountId" }, ":root"]],
      },
    },
    Resource: "*",
  },
];

const wide = [...FORCED, ...OF_ANY_EXECUTION].map(keyOf);

export const RULES: { readonly [name: string]: Rule } = {
  "the state machine's log tells no data of executions": not(
    "AWS::StepFunctions::StateMachine",
    fits(
      z.object({
        LoggingConfiguration: z.object({ IncludeExecutionData: z.literal(false), Level: z.literal("ERROR") }),
      }),
    ),
  ),
  "nothing traces": (resources) =>
    Object.entries(resources)
      .filter(([, { Properties }]) => /TracingConfig|TracingEnabled|XRay/i.test(JSON.stringify(Properties)))
      .map(([logicalId]) => withoutHash(logicalId)),
  "secrets are in no backup and no stream": (resources) => [
    ...not("AWS::DynamoDB::Table", ({ Properties }) => {
      const kept = ["PointInTimeRecoverySpecification", "StreamSpecification", "KinesisStreamSpecification"];
      return !isOfSecrets(Properties) || kept.every((name) => Properties[name] === undefined);
    })(resources),
    ...Object.values(resources).flatMap(({ Type }) =>
      /^AWS::Backup::|^AWS::DynamoDB::GlobalTable/.test(Type) ? [Type] : [],
    ),
  ],
  "every table deletes what is past its time": not(
    "AWS::DynamoDB::Table",
    fits(z.object({ TimeToLiveSpecification: z.object({ Enabled: z.literal(true) }) })),
  ),
  // AWS rotates the material of symmetric keys only: one that signs is replaced by hand.
  "every key that can rotate does": not(
    "AWS::KMS::Key",
    fits(
      z.union([
        z.object({ EnableKeyRotation: z.literal(true) }),
        z.object({ KeySpec: z.literal("ECC_NIST_P256") }),
      ]),
    ),
  ),
  "a key's policy is the account's own, and it outlives the stack": not(
    "AWS::KMS::Key",
    ({ Properties, DeletionPolicy }) =>
      DeletionPolicy === "Retain" &&
      z
        .object({ KeyPolicy: z.object({ Statement: z.unknown() }) })
        .transform(({ KeyPolicy }) => JSON.stringify(KeyPolicy.Statement) === JSON.stringify(OF_THE_ACCOUNT))
        .catch(false)
        .parse(Properties),
  ),
  "every grant names its resource and its actions, but where it is forced": (resources) =>
    allStatements(resources)
      .flatMap(permissionsOf)
      .filter(([action, resource]) => action.includes("*") || resource.includes("*"))
      .map(keyOf)
      .filter((permission) => !wide.includes(permission)),
  "every log ends": not("AWS::Logs::LogGroup", fits(aRetention)),
  "every function has a log of its own": (resources) => {
    const groups = ofType(resources, "AWS::Lambda::Function").map(([logicalId, { Properties }]) => ({
      logicalId,
      group: JSON.stringify(Properties["LoggingConfig"]),
    }));
    return groups
      .filter(
        ({ group }) => group === undefined || groups.filter((other) => other.group === group).length > 1,
      )
      .map(({ logicalId }) => withoutHash(logicalId));
  },
  "every API is throttled": not(
    "AWS::ApiGatewayV2::Stage",
    fits(
      z.object({
        DefaultRouteSettings: z.object({
          ThrottlingRateLimit: z.number().min(1).max(500),
          ThrottlingBurstLimit: z.number().min(1).max(1000),
        }),
      }),
    ),
  ),
  "every API logs its requests, and of them nothing that came with them": not(
    "AWS::ApiGatewayV2::Stage",
    ({ Properties }) => {
      const { data } = accessLogged.safeParse(Properties);
      return (
        data !== undefined &&
        Object.values(data.AccessLogSettings.Format).every((variable) =>
          ACCESS_LOG_VARIABLES.some((name) => variable === `$context.${name}`),
        )
      );
    },
  ),
  "queues and topics are closed to whoever comes without TLS": (resources) => [
    ...not("AWS::SQS::QueuePolicy", fits(deniesWithoutTls))(resources),
    ...not("AWS::SNS::TopicPolicy", fits(deniesWithoutTls))(resources),
    ...missing(resources, "AWS::SQS::Queue", "AWS::SQS::QueuePolicy"),
    ...missing(resources, "AWS::SNS::Topic", "AWS::SNS::TopicPolicy"),
  ],
  "queues are encrypted": not("AWS::SQS::Queue", fits(z.object({ SqsManagedSseEnabled: z.literal(true) }))),
};

/** A table whose rows are secrets is found by their key: a job and a purpose. */
function isOfSecrets(properties: Resource["Properties"]): boolean {
  return JSON.stringify(properties["KeySchema"] ?? "").includes("purpose");
}

/** Resources of which no policy speaks. */
function missing(resources: Resources, type: string, policyType: string): string[] {
  const policies = JSON.stringify(ofType(resources, policyType));
  return ofType(resources, type)
    .filter(([logicalId]) => !policies.includes(`{"Ref":"${logicalId}"}`))
    .map(([logicalId]) => withoutHash(logicalId));
}
