import { describe, expect, test } from "vitest";
import * as z from "zod";
import { textOf } from "../docs/pages.ts";
import { piecesOf } from "../verify/walks/permissions.ts";
import { functionsByEntry, ofType, referredTo, withoutHash } from "./resources.ts";
import {
  FORCED,
  LOG_WRITING,
  type Permission,
  permissionsOfRole,
  roleOf,
  rolePartsOf,
  rows,
} from "./statements.ts";
import { synthesizedResources } from "./synthesized.ts";

const resources = synthesizedResources();
const withSandbox = synthesizedResources({ upstream: "sandbox" });
const functions = functionsByEntry(resources);
const logging = z.object({ LoggingConfig: z.object({ LogGroup: z.unknown() }) });

/** `docs/reference/permissions.md` has a row for each permission. The journeys show that each is needed. */
const PAGE = [
  ...textOf("docs/reference/permissions.md").matchAll(
    /^\| ([\w -]+?) +\| `(\S+)` +\| `(\S+)`(?: `(\S+)`)? +\|/gm,
  ),
].map(([, role, action = "", resource = "", pattern]) => ({
  role,
  permission: permissionFor(action, resource, pattern),
}));

function permissionFor(action: string, resource: string, pattern: string | undefined): Permission {
  if (pattern === undefined) return [action, resource];
  if (action.startsWith("dynamodb:")) return [action, resource, rows(pattern)];
  return [action, resource, { StringLike: { "kms:EncryptionContext:purpose": [pattern] } }];
}

function onThePage(name: string): Permission[] {
  return PAGE.filter(({ role }) => role === name).map(({ permission }) => permission);
}

function logGroupOf(entry: string): string {
  const { LoggingConfig } = logging.parse(functions.get(entry)?.Properties);
  return withoutHash(referredTo(LoggingConfig.LogGroup));
}

const sorted = (permissions: readonly (readonly unknown[])[]) =>
  permissions.map((permission) => JSON.stringify(permission)).toSorted();

describe("permissions", () => {
  test.each([...functions.keys()])("%s has the permissions of the page and no others", (entry) => {
    const granted = permissionsOfRole(resources, roleOf(functions.get(entry)?.Properties));
    const logs = LOG_WRITING.map((action): Permission => [action, logGroupOf(entry)]);
    const name = entry.replace(/^functions\/(\w+\/)+|\.lambda\.ts$/g, "");
    const deadLetters = name === "sweep" ? [["sqs:SendMessage", "SweeperDeadLetters"]] : [];
    expect(sorted(granted.flatMap(piecesOf))).toEqual(sorted([...onThePage(name), ...logs, ...deadLetters]));
  });

  test("The state machine may invoke the functions of its Tasks and deliver its log, and nothing else", () => {
    const [[, machine] = []] = ofType(resources, "AWS::StepFunctions::StateMachine");
    const forced = FORCED.filter(([action]) => !action.startsWith("kms:"));
    expect(sorted(permissionsOfRole(resources, roleOf(machine?.Properties)))).toEqual(
      sorted([...onThePage("the state machine"), ...forced]),
    );
  });
});

describe("roles", () => {
  test("No role has a policy of AWS's, also not with the sandbox", () => {
    const roles = ofType(withSandbox, "AWS::IAM::Role");
    expect(roles.length).toBeGreaterThan(functions.size);
    for (const [id] of roles) expect(rolePartsOf(withSandbox, id).ManagedPolicyArns).toEqual([]);
  });

  test("Each function has a role of its own, which only Lambda can assume", () => {
    const roles = [...functions.values()].map(({ Properties }) => roleOf(Properties));
    expect(new Set(roles).size).toBe(functions.size);
    for (const role of roles) {
      expect(rolePartsOf(resources, role).AssumeRolePolicyDocument.Statement).toMatchObject([
        { Action: ["sts:AssumeRole"], Principal: { Service: "lambda.amazonaws.com" } },
      ]);
    }
  });
});
