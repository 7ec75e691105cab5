import { describe, expect, test } from "vitest";
import * as z from "zod";
import { FORCED, LOG_WRITING, OF_ANY_EXECUTION } from "./forced-permissions.ts";
import { PERMISSIONS } from "./permission-table.ts";
import { functionsByEntry, ofType, type Resources, referredTo, withoutHash } from "./resources.ts";
import {
  allStatements,
  keyOf,
  type Permission,
  permissionsOf,
  permissionsOfRole,
  roleOf,
  rolePartsOf,
} from "./statements.ts";
import { synthesizedResources } from "./synthesized.ts";

const resources = synthesizedResources();
const functions = functionsByEntry(resources);
const logging = z.object({ LoggingConfig: z.object({ LogGroup: z.unknown() }) });

/** Writing into its own log group. */
function logWriting(entry: string): Permission[] {
  const { LoggingConfig } = logging.parse(functions.get(entry)?.Properties);
  return LOG_WRITING.map((action) => [action, withoutHash(referredTo(LoggingConfig.LogGroup))]);
}

function wildcardsIn(template: Resources) {
  return allStatements(template)
    .flatMap(permissionsOf)
    .filter(([action, resource]) => action.includes("*") || resource.includes("*"));
}

const sorted = (permissions: readonly (readonly unknown[])[]) =>
  permissions.map((permission) => JSON.stringify(permission)).toSorted();

describe("a function", () => {
  test("is in the table of permissions, and the table holds no others", () => {
    expect([...functions.keys()].toSorted()).toEqual(Object.keys(PERMISSIONS).toSorted());
  });

  test.each(Object.entries(PERMISSIONS))("%s may do what its code does and no more", (entry, permissions) => {
    const role = roleOf(functions.get(entry)?.Properties);
    const expected = [...permissions, ...logWriting(entry)].toSorted((a, b) =>
      keyOf(a).localeCompare(keyOf(b)),
    );
    expect(permissionsOfRole(resources, role)).toEqual(expected);
    expect(rolePartsOf(resources, role)).toMatchObject({
      ManagedPolicyArns: [],
      AssumeRolePolicyDocument: {
        Statement: [{ Action: ["sts:AssumeRole"], Principal: { Service: "lambda.amazonaws.com" } }],
      },
    });
  });

  test("shares its role and its log with no other", () => {
    const roles = [...functions.values()].map(({ Properties }) => roleOf(Properties));
    expect(new Set(roles).size).toBe(functions.size);
    const groups = [...functions.keys()].map((entry) => logWriting(entry)[0]?.[1]);
    expect(new Set(groups).size).toBe(functions.size);
    const ofTheStack = ofType(resources, "AWS::Logs::LogGroup").map(([logicalId]) => withoutHash(logicalId));
    expect(ofTheStack).toEqual(expect.arrayContaining(groups));
  });
});

test("the state machine may invoke its Tasks' functions and deliver logs", () => {
  const [[, machine] = []] = ofType(resources, "AWS::StepFunctions::StateMachine");
  const role = roleOf(machine?.Properties);
  const tasks = ["AskForAnswer", "FollowJob", "GiveUp", "OpenConnection", "SendAnswer"];
  const invoked = tasks.flatMap((task) => [`Tasks${task}`, `Tasks${task}:*`]);
  const deliveries = FORCED.filter(([action]) => action?.startsWith("logs:"));
  expect(sorted(permissionsOfRole(resources, role))).toEqual(
    sorted([...invoked.map((name) => ["lambda:InvokeFunction", name]), ...deliveries]),
  );
  expect(rolePartsOf(resources, role).ManagedPolicyArns).toEqual([]);
});

test("no role has a policy of AWS's, the deployed sandbox's neither", () => {
  const roles = ofType(synthesizedResources({ upstream: "sandbox" }), "AWS::IAM::Role");
  expect(roles.length).toBeGreaterThan(functions.size);
  for (const [, { Properties }] of roles) expect(Properties).not.toHaveProperty("ManagedPolicyArns");
});

describe("a wildcard", () => {
  test("is in no action and no resource, but where it is forced, or of executions", () => {
    expect(sorted(wildcardsIn(resources))).toEqual(sorted([...FORCED, ...OF_ANY_EXECUTION]));
  });

  test("of the keys is the account's own", () => {
    const [sealing, signing, ...more] = ofType(resources, "AWS::KMS::Key").map(([, key]) => key.Properties);
    const root = ["arn:", { Ref: "AWS::Partition" }, ":iam::", { Ref: "AWS::AccountId" }, ":root"];
    const statement = { Effect: "Allow", Action: "kms:*", Resource: "*" };
    const ofTheAccount = [{ ...statement, Principal: { AWS: { "Fn::Join": ["", root] } } }];
    for (const key of [sealing, signing]) {
      expect(key?.["KeyPolicy"]).toMatchObject({ Statement: ofTheAccount });
    }
    expect(more).toEqual([]);
  });

  test.each([
    ["dynamodb:*", { Ref: "TablesJobs00000000" }],
    ["dynamodb:GetItem", "*"],
    ["s3:GetObject", "arn:aws:s3:::somewhere/*"],
  ])("that was planted is found: %s", (Action, Resource) => {
    const PolicyDocument = { Statement: [{ Effect: "Allow", Action, Resource }] };
    const planted = { Type: "AWS::IAM::Policy", Properties: { PolicyDocument }, Metadata: {} };
    expect(wildcardsIn({ planted })).toHaveLength(1);
  });
});
