import * as z from "zod";
import { ofType, type Resources, referredTo, withoutHash } from "./resources.ts";

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
const versionsOf = z.object({
  "Fn::Join": z.tuple([z.literal(""), z.tuple([z.unknown(), z.literal(":*")])]),
});

const joined = z
  .object({ "Fn::Join": z.tuple([z.literal(""), z.array(z.unknown())]) })
  .transform((found) => found["Fn::Join"][1]);

/** A secret that was made before: its ARN is put together from its name. */
const secretNamed = joined
  .transform((parts) => parts.at(-1))
  .pipe(z.string().regex(/^:secret:/))
  .transform((name) => name.slice(1));

/** An index has its ARN behind that of its table. */
const indexOf = joined.pipe(z.tuple([z.unknown(), z.string().regex(/^\/index\//)]));

/** Executions have the name of their state machine in their ARNs, which is its ARN's seventh part. */
const nameInArn = z
  .object({
    "Fn::Select": z.tuple([z.literal(6), z.object({ "Fn::Split": z.tuple([z.literal(":"), z.unknown()]) })]),
  })
  .transform((found) => found["Fn::Select"][1]["Fn::Split"][1]);
const executionsOf = joined
  .transform((parts) => parts.slice(-3))
  .pipe(z.tuple([z.literal(":execution:"), nameInArn, z.literal(":*")]));

export type Statement = z.infer<typeof statement>;
/** One action on one resource, and the condition that goes with it. */
export type Permission = readonly [action: string, resource: string, condition?: unknown];

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
 * `*`, a resource of ours by its name, `name:*` for the versions of a function, `name/index/other` for an index, or
 * `execution:name:*` for the executions of a state machine.
 */
function nameOf(value: unknown): string {
  if (typeof value === "string") return value;
  const versions = versionsOf.safeParse(value);
  if (versions.success) return `${withoutHash(referredTo(versions.data["Fn::Join"][1][0]))}:*`;
  const index = indexOf.safeParse(value);
  if (index.success) return `${withoutHash(referredTo(index.data[0]))}${index.data[1]}`;
  const executions = executionsOf.safeParse(value);
  if (executions.success) return `execution:${withoutHash(referredTo(executions.data[1]))}:*`;
  const secret = secretNamed.safeParse(value);
  return secret.success ? secret.data : withoutHash(referredTo(value));
}

export function keyOf(permission: Permission): string {
  return JSON.stringify(permission);
}
