import { describe, expect, test } from "vitest";
import { ofType, type Resource, type Resources } from "./resources.ts";
import { synthesizedResources } from "./synthesized.ts";
import { RULES } from "./template-rules.ts";

const TEMPLATES = {
  "of the aggregator": synthesizedResources(),
  "with the sandbox": synthesizedResources({ upstream: "sandbox" }),
  "with all that may be set": synthesizedResources({
    upstream: "sandbox",
    stage: "test",
    deletionProtection: true,
    logLevel: "debug",
    logRetentionDays: 1,
    alarmEmail: "on-call@example.com",
    corsOrigins: ["*"],
    domainName: "api.example.com",
    certificateArn: "arn:aws:acm:eu-west-1:123456789012:certificate/1f2e-3d",
  }),
};

describe.each(Object.entries(TEMPLATES))("in the template %s", (_, resources) => {
  test.each(Object.entries(RULES))("%s", (_name, violationsIn) => {
    expect(violationsIn(resources)).toEqual([]);
  });
});

/** The template with a property of a resource changed, or left out; of the resource that stands at the index of its type. */
function broken(
  type: string,
  index: number,
  change: (properties: Record<string, unknown>) => void,
): Resources {
  const resources = structuredClone(TEMPLATES["with the sandbox"]);
  const [, found] = ofType(resources, type).at(index) ?? [];
  if (found === undefined) throw new Error(`There is no such ${type}.`);
  change(found.Properties);
  return resources;
}

const setting = (type: string, index: number, properties: object) => () =>
  broken(type, index, (found) => Object.assign(found, properties));
const without = (type: string, index: number, name: string) => () =>
  broken(type, index, (found) => Reflect.deleteProperty(found, name));
const beside = (planted: Partial<Resource> & { Type: string }) => () => ({
  ...TEMPLATES["with the sandbox"],
  Planted00000000: { Properties: {}, Metadata: {}, ...planted },
});

const MACHINE = "AWS::StepFunctions::StateMachine";
const TABLE = "AWS::DynamoDB::Table";
const KEY = "AWS::KMS::Key";
const LOG = "AWS::Logs::LogGroup";
const STAGE = "AWS::ApiGatewayV2::Stage";
const FUNCTION = "AWS::Lambda::Function";
const ofSecrets = ofType(TEMPLATES["with the sandbox"], TABLE).findIndex(([id]) =>
  id.startsWith("TablesSecrets"),
);
const anybody = { Effect: "Allow", Action: "kms:Decrypt", Principal: { AWS: "*" }, Resource: "*" };
const allowed = (Action: string, Resource: unknown) => ({
  Type: "AWS::IAM::Policy",
  Properties: { PolicyDocument: { Statement: [{ Effect: "Allow", Action, Resource }] } },
});
const logging = (variable: string) => ({
  AccessLogSettings: {
    DestinationArn: { "Fn::GetAtt": ["Logs", "Arn"] },
    Format: JSON.stringify({ requestId: "$context.requestId", more: variable }),
  },
});

/** Each takes one safeguard away. */
const BREAKS: readonly [rule: string, what: string, make: () => Resources][] = [
  [
    "the state machine's log tells no data of executions",
    "with data",
    setting(MACHINE, 0, { LoggingConfiguration: { IncludeExecutionData: true, Level: "ERROR" } }),
  ],
  [
    "the state machine's log tells no data of executions",
    "by default",
    setting(MACHINE, 0, { LoggingConfiguration: { Level: "ERROR" } }),
  ],
  ["nothing traces", "a state machine", setting(MACHINE, 0, { TracingConfiguration: { Enabled: true } })],
  ["nothing traces", "a function", setting(FUNCTION, 3, { TracingConfig: { Mode: "Active" } })],
  [
    "secrets are in no backup and no stream",
    "recovery",
    setting(TABLE, ofSecrets, { PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true } }),
  ],
  [
    "secrets are in no backup and no stream",
    "a stream",
    setting(TABLE, ofSecrets, { StreamSpecification: { StreamViewType: "NEW_IMAGE" } }),
  ],
  ["secrets are in no backup and no stream", "a plan", beside({ Type: "AWS::Backup::BackupPlan" })],
  [
    "every table deletes what is past its time",
    "off",
    setting(TABLE, 0, { TimeToLiveSpecification: { Enabled: false } }),
  ],
  ["every table deletes what is past its time", "none", without(TABLE, ofSecrets, "TimeToLiveSpecification")],
  ["every key that can rotate does", "not said", without(KEY, 0, "EnableKeyRotation")],
  ["every key that can rotate does", "off", setting(KEY, 0, { EnableKeyRotation: false })],
  [
    "a key's policy is the account's own, and it outlives the stack",
    "anybody",
    setting(KEY, 0, { KeyPolicy: { Statement: [anybody] } }),
  ],
  [
    "a key's policy is the account's own, and it outlives the stack",
    "gone with it",
    beside({ Type: KEY, DeletionPolicy: "Delete" }),
  ],
  [
    "every grant names its resource and its actions, but where it is forced",
    "any table",
    beside(allowed("dynamodb:GetItem", "*")),
  ],
  [
    "every grant names its resource and its actions, but where it is forced",
    "any action",
    beside(allowed("dynamodb:*", { Ref: "TablesJobs00000000" })),
  ],
  ["every log ends", "never", without(LOG, 5, "RetentionInDays")],
  ["every log ends", "another one", beside({ Type: LOG })],
  ["every function has a log of its own", "Lambda's own", without(FUNCTION, 2, "LoggingConfig")],
  [
    "every function has a log of its own",
    "shared",
    () =>
      broken(FUNCTION, 0, (found) =>
        Object.assign(found, {
          LoggingConfig: ofType(TEMPLATES["with the sandbox"], FUNCTION)[1]?.[1].Properties["LoggingConfig"],
        }),
      ),
  ],
  ["every API is throttled", "not at all", without(STAGE, 0, "DefaultRouteSettings")],
  [
    "every API is throttled",
    "hardly",
    setting(STAGE, 1, { DefaultRouteSettings: { ThrottlingRateLimit: 10_000, ThrottlingBurstLimit: 5_000 } }),
  ],
  [
    "every API logs its requests, and of them nothing that came with them",
    "not at all",
    without(STAGE, 1, "AccessLogSettings"),
  ],
  [
    "every API logs its requests, and of them nothing that came with them",
    "the path",
    setting(STAGE, 0, logging("$context.path")),
  ],
  [
    "every API logs its requests, and of them nothing that came with them",
    "the address",
    setting(STAGE, 0, logging("$context.identity.sourceIp")),
  ],
  [
    "queues and topics are closed to whoever comes without TLS",
    "a queue",
    setting("AWS::SQS::QueuePolicy", 0, { PolicyDocument: { Statement: [] } }),
  ],
  [
    "queues and topics are closed to whoever comes without TLS",
    "a topic",
    setting("AWS::SNS::TopicPolicy", 0, {
      PolicyDocument: {
        Statement: [{ ...anybody, Condition: { Bool: { "aws:SecureTransport": "false" } } }],
      },
    }),
  ],
  [
    "queues and topics are closed to whoever comes without TLS",
    "another queue",
    beside({ Type: "AWS::SQS::Queue", Properties: { SqsManagedSseEnabled: true } }),
  ],
  ["queues are encrypted", "not", setting("AWS::SQS::Queue", 0, { SqsManagedSseEnabled: false })],
];

describe("a template that breaks a rule is found", () => {
  test.each(BREAKS)("%s: %s", (rule, _, make) => {
    const found = Object.entries(RULES).filter(([, violationsIn]) => violationsIn(make()).length > 0);
    expect(found.map(([name]) => name)).toContain(rule);
  });

  test("and every rule is tried", () => {
    expect([...new Set(BREAKS.map(([rule]) => rule))]).toEqual(Object.keys(RULES));
  });
});

describe("the jobs table", () => {
  const protectedIn = (resources: Resources) =>
    ofType(resources, TABLE).map(
      ([id, { Properties }]) =>
        `${id.replace(/[0-9A-F]{8}$/, "")} ${Properties["DeletionProtectionEnabled"]}`,
    );

  test("can be deleted by hand if nothing else is said, and cannot if that is wanted", () => {
    expect(protectedIn(TEMPLATES["of the aggregator"])).toEqual([
      "TablesJobs false",
      "TablesSecrets undefined",
    ]);
    expect(protectedIn(TEMPLATES["with all that may be set"])).toContain("TablesJobs true");
  });
});
