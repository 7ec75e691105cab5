import * as z from "zod";
import type { LocalTable } from "../../../infra/local/aws/dynamodb/dynamodb-endpoint.ts";
import type { Deployed } from "../../../infra/local/template/deployed.ts";
import { functionsByEntry, ofType, type Resources, referredTo, withoutHash } from "../../infra/resources.ts";
import type { AwsCall, AwsRecorder } from "../support/aws-recorder.ts";
import { DONE_BY_LAMBDA, keyOf, type Permission, permissionsOfRole, roleOf } from "../support/statements.ts";

/** What IAM is asked about one call. */
export interface Access {
  action: string;
  /** As `Permission` names it. */
  resource: string;
  /** The values of the condition keys that our statements use. */
  context: { readonly [key: string]: readonly string[] };
}

/** What there is to know of a call that the call does not say. */
interface Surroundings {
  tables: readonly LocalTable[];
  /** The state machine that hands out every task token. */
  stateMachine: string;
}

type Asked = Omit<Access, "action">;
type Read = (request: AwsCall["request"], operation: string, surroundings: Surroundings) => Asked;

/** A service that our functions begin to call gets a line here. */
const SERVICES: { readonly [service: string]: Read } = {
  dynamodb: (request, operation, { tables }) => rowsAsked(operation, request, tables),
  kms: (request) => {
    const { KeyId, EncryptionContext } = keyRequest.parse(request);
    const context = Object.entries(EncryptionContext).map(([key, value]) => [
      `kms:EncryptionContext:${key}`,
      [value],
    ]);
    return { resource: nameIn(KeyId), context: Object.fromEntries(context) };
  },
  states: (request, operation, { stateMachine }) => {
    const { stateMachineArn, executionArn } = machineRequest.parse(request);
    if (executionArn !== undefined) return { resource: executionIn(executionArn), context: {} };
    const resource = operation === "SendTaskSuccess" ? stateMachine : nameIn(stateMachineArn);
    return { resource, context: {} };
  },
  lambda: (request) => ({ resource: nameIn(functionRequest.parse(request).FunctionName), context: {} }),
  secretsmanager: (request) => {
    const { SecretId } = secretRequest.parse(request);
    return { resource: `secret:${SecretId}-${CHOSEN_BY_AWS}`, context: {} };
  },
};

const keyRequest = z.object({
  KeyId: z.string(),
  EncryptionContext: z.record(z.string(), z.string()).default({}),
});
const machineRequest = z.object({
  stateMachineArn: z.string().default(""),
  executionArn: z.string().optional(),
});
const functionRequest = z.object({ FunctionName: z.string() });
const secretRequest = z.object({ SecretId: z.string() });

/** Six characters follow the name of a secret in its ARN. */
const CHOSEN_BY_AWS = "AbCdEf";

/** @throws when the service, or what is asked of it, is not known here. */
export function accessOf(
  { service, operation, request }: Pick<AwsCall, "service" | "operation" | "request">,
  surroundings: Surroundings,
): Access {
  const read = SERVICES[service];
  if (read === undefined) throw new Error(`Permissions of ${service} are not known.`);
  return { action: `${service}:${operation}`, ...read(request, operation, surroundings) };
}

/** The name of the resource at the end of an ARN of local mode, which ends in a logical id. */
function nameIn(arn: string): string {
  return withoutHash(/[^:/]*$/.exec(arn)?.[0] ?? "");
}

/** `execution:name:other`, by the name of the state machine. */
function executionIn(arn: string): string {
  const [name = "", machine = ""] = arn.split(":").toReversed();
  return `execution:${withoutHash(machine)}:${name}`;
}

const text = z.object({ S: z.string() });
const row = z.record(z.string(), z.unknown());
const ofOne = z.object({ TableName: z.string(), Key: row.optional(), Item: row.optional() });
/** Of one table: nothing of ours asks two at once. */
const ofMany = z.object({ RequestItems: z.record(z.string(), z.object({ Keys: z.array(row) })) });
const ofIndex = z.object({
  TableName: z.string(),
  IndexName: z.string(),
  KeyConditionExpression: z.string(),
  ExpressionAttributeValues: z.record(z.string(), z.unknown()),
});

/** What a call asks of DynamoDB: the table or its index, and the partition keys. Throws for one that is not known here. */
function rowsAsked(operation: string, request: unknown, tables: readonly LocalTable[]): Asked {
  const keyNameOf = (TableName: string) =>
    hashIn(tables.find((table) => table.TableName === TableName)?.KeySchema ?? []);
  switch (operation) {
    case "Query": {
      const { TableName, IndexName, KeyConditionExpression, ExpressionAttributeValues } =
        ofIndex.parse(request);
      const indexes = tables.flatMap(({ GlobalSecondaryIndexes = [] }) => GlobalSecondaryIndexes);
      const key = hashIn(indexes.find((index) => index.IndexName === IndexName)?.KeySchema ?? []);
      const [, name, value = ""] = /^#?(\w+) = (:\w+)/.exec(KeyConditionExpression) ?? [];
      if (name !== key) throw new Error(`${IndexName} is not asked by its partition key.`);
      return asked(`${withoutHash(TableName)}/index/${IndexName}`, [ExpressionAttributeValues[value]]);
    }
    case "BatchGetItem": {
      const [[TableName, { Keys }] = ["", { Keys: [] }], ...more] = Object.entries(
        ofMany.parse(request).RequestItems,
      );
      if (more.length > 0) throw new Error("More than one table at once.");
      return asked(
        withoutHash(TableName),
        Keys.map((key) => key[keyNameOf(TableName)]),
      );
    }
    default: {
      const { TableName, Key, Item } = ofOne.parse(request);
      return asked(withoutHash(TableName), [(Key ?? Item)?.[keyNameOf(TableName)]]);
    }
  }
}

function asked(resource: string, keys: readonly unknown[]): Asked {
  return { resource, context: { "dynamodb:LeadingKeys": keys.map((key) => text.parse(key).S) } };
}

function hashIn(schema: NonNullable<LocalTable["KeySchema"]>): string {
  return schema.find(({ KeyType }) => KeyType === "HASH")?.AttributeName ?? "";
}

const oneOrMore = z.union([z.array(z.string()), z.string().transform((value) => [value])]);
/** By operator and condition key: the patterns. */
const condition = z.record(z.string(), z.record(z.string(), oneOrMore)).default({});

type Operator = (values: readonly string[], patterns: readonly string[]) => boolean;

/** As IAM has them: without values the first holds, and the second does not. */
const OPERATORS: { readonly [operator: string]: Operator } = {
  "ForAllValues:StringLike": (values, patterns) => values.every((value) => isLike(value, patterns)),
  StringLike: (values, patterns) => values.some((value) => isLike(value, patterns)),
};

/** Whether IAM lets a call through: by any of the permissions, since none of ours denies. */
export function allows(permissions: readonly Permission[], access: Access): boolean {
  return permissions.some(
    ([action, resource, conditions]) =>
      action === access.action && isLike(access.resource, [resource]) && holds(conditions, access),
  );
}

function holds(conditions: unknown, { context }: Access): boolean {
  return Object.entries(condition.parse(conditions)).every(([operator, keys]) => {
    const compare = OPERATORS[operator];
    if (compare === undefined) throw new Error(`The condition ${operator} is not known.`);
    return Object.entries(keys).every(([key, patterns]) => compare(context[key] ?? [], patterns));
  });
}

function isLike(value: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => expressionFor(pattern).test(value));
}

function expressionFor(pattern: string): RegExp {
  const escaped = pattern.replace(/[\\^$.+()[\]{}|]/g, "\\$&");
  return new RegExp(`^${escaped.replaceAll("*", ".*").replaceAll("?", ".")}$`, "s");
}

/** A permission for each pattern of each condition: the least that can be taken away. */
export function piecesOf([action, resource, conditions]: Permission): Permission[] {
  const parsed = Object.entries(condition.parse(conditions));
  if (parsed.length === 0) return [[action, resource]];
  const [[operator, keys] = ["", {}], ...moreOperators] = parsed;
  const [[key, patterns] = ["", []], ...moreKeys] = Object.entries(keys);
  if (moreOperators.length + moreKeys.length > 0) throw new Error("More than one condition at once.");
  return patterns.map((pattern) => [action, resource, { [operator]: { [key]: [pattern] } }]);
}

type PermissionsByRole = ReadonlyMap<string, readonly Permission[]>;

/** The calls that the permissions do not allow. */
export function refusedBy<Recorded extends RecordedAccess>(
  permissions: PermissionsByRole,
  recorded: readonly Recorded[],
): Recorded[] {
  return recorded.filter(({ role, access }) => !allows(permissions.get(role) ?? [], access));
}

/** Each kind of call once, in a line. */
export function inWords(recorded: readonly RecordedAccess[]): string[] {
  const lines = recorded.map(
    ({ role, access, about }) => `${role}: ${about}, ${access.action} on ${access.resource}`,
  );
  return [...new Set(lines)];
}

export interface Need<Recorded> {
  role: string;
  permission: Permission;
  /** The first call that is refused without the permission; none when nothing needs it. */
  call: Recorded | undefined;
}

/** Takes every permission away in turn, pattern by pattern. A call names one row, so that patterns can be told apart. */
export function needsOf<Recorded extends RecordedAccess>(
  permissions: PermissionsByRole,
  recorded: readonly Recorded[],
): Need<Recorded>[] {
  return [...permissions].flatMap(([role, granted]) => {
    const pieces = granted.flatMap(piecesOf);
    const allowed = recorded.filter((call) => call.role === role && allows(pieces, call.access));
    return pieces.map((permission) => {
      const rest = pieces.filter((piece) => piece !== permission);
      const call = allowed.find(({ access }) => !allows(rest, access));
      return { role, permission, call };
    });
  });
}

export interface RecordedAccess {
  /** Of whom, as `permissionsByRole` names them. */
  role: string;
  access: Access;
  /** The call in words, without what differs from run to run. */
  about: string;
}

/** Every call that the functions made, and every invocation of theirs. */
export function recordedAccess(
  { calls, invocations }: Pick<AwsRecorder, "calls" | "invocations">,
  deployed: Deployed,
): RecordedAccess[] {
  const stateMachine = nameIn(deployed.stateMachines[0]?.arn ?? "");
  const arns = new Map(deployed.functions.map(({ entry, arn }) => [entry, arn]));
  const made = calls.flatMap((call) => {
    if (call.by === undefined) return [];
    const access = accessOf(call, { tables: deployed.tables, stateMachine });
    return [{ role: call.by.entry, access, about: `${call.operation}${subjectOf(call.request, access)}` }];
  });
  // Lambda reads a stream for its function, by the function's own role, and needs nobody's permission to invoke it.
  const invoked = invocations
    .filter(({ entry }) => entry !== OF_A_STREAM)
    .map(({ entry }) => ({
      role: invokerOf(entry),
      access: { action: "lambda:InvokeFunction", resource: nameIn(arns.get(entry) ?? ""), context: {} },
      about: "Invoke",
    }));
  return [...made, ...invoked];
}

function invokerOf(entry: string): string {
  if (SCHEDULED.includes(entry)) return SCHEDULE;
  return entry.startsWith("functions/jobs/workflow/") ? STATE_MACHINE : API;
}

const secretRow = z.object({ purpose: text }).partial().default({});
const subject = z.object({
  Key: secretRow,
  Item: secretRow,
  EncryptionContext: z.object({ purpose: z.string().optional() }).default({}),
});

/** What a secret is for, or the kind of row. */
function subjectOf(request: unknown, { context }: Access): string {
  const { Key, Item, EncryptionContext } = subject.parse(request);
  const [leading = ""] = context["dynamodb:LeadingKeys"] ?? [];
  const purpose = { ...Item, ...Key }.purpose?.S ?? EncryptionContext.purpose;
  const kind = purpose ?? (leading.replace(/#.*/, "#") || undefined);
  return kind === undefined ? "" : ` of \`${kind}\``;
}

/** Who invokes functions, among the roles of the functions, which are named by their entries. */
const STATE_MACHINE = "the state machine";
const API = "the API";
const SCHEDULE = "the schedule";

/** The one function that gets the records of a stream. */
const OF_A_STREAM = "functions/events/store-events.lambda.ts";

export const SWEEP = "functions/jobs/workflow/sweep.lambda.ts";
export const LOOK_AT_BANKS = "functions/institutions/look-at-banks.lambda.ts";

/** The functions that a schedule invokes. Other functions invoke one of them too, which is among their calls. */
const SCHEDULED = [SWEEP, LOOK_AT_BANKS, "functions/webhooks/deliver-webhooks.lambda.ts"];

/** Functions let others in by themselves: those take on no role. */
const lettingIn = z.object({ Action: z.string(), FunctionName: z.unknown(), Principal: z.string() });
const LET_IN = { [API]: "apigateway.amazonaws.com", [SCHEDULE]: "events.amazonaws.com" };

/**
 * What each role of the template may do, but for what Lambda does by it, and those who take on none. Throws for a role that
 * nothing of ours takes on, and for anybody else who is let in.
 */
export function permissionsByRole(resources: Resources): Map<string, Permission[]> {
  const machines = ofType(resources, "AWS::StepFunctions::StateMachine").map(
    ([, found]) => [STATE_MACHINE, found] as const,
  );
  const names = new Map(
    [...functionsByEntry(resources), ...machines].map(([name, { Properties }]) => [roleOf(Properties), name]),
  );
  const roles = ofType(resources, "AWS::IAM::Role").map(([roleId]): [string, Permission[]] => {
    const name = names.get(roleId);
    if (name === undefined) throw new Error(`Nobody takes on ${roleId}.`);
    return [
      name,
      permissionsOfRole(resources, roleId).filter(([action]) => !DONE_BY_LAMBDA.includes(action)),
    ];
  });
  return new Map([...roles, ...permissionsOfThoseLetIn(resources)]);
}

function permissionsOfThoseLetIn(resources: Resources): [name: string, Permission[]][] {
  const all = ofType(resources, "AWS::Lambda::Permission").map(([, { Properties }]) =>
    lettingIn.parse(Properties),
  );
  const others = all.filter(({ Principal }) => !Object.values(LET_IN).includes(Principal));
  if (others.length > 0) throw new Error(`Let in: ${others.map(({ Principal }) => Principal).join(", ")}`);
  return Object.entries(LET_IN).map(([name, principal]) => {
    const letIn = all
      .filter(({ Principal }) => Principal === principal)
      .map(({ Action, FunctionName }): Permission => [Action, withoutHash(referredTo(FunctionName))]);
    // A function that serves two routes is let in for each.
    return [name, [...new Map(letIn.map((permission) => [keyOf(permission), permission])).values()]];
  });
}
