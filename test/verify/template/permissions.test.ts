import { describe, expect, test } from "vitest";
import * as z from "zod";
import { textOf } from "../../docs/pages.ts";
import { functionsByEntry, ofType, referredTo, withoutHash } from "../../infra/resources.ts";
import { ALL_SETTINGS, synthesizedResources } from "../../infra/synthesized.ts";
import {
  FORCED,
  LOG_WRITING,
  type Permission,
  permissionsOfRole,
  roleOf,
  rolePartsOf,
  rows,
  streamReading,
} from "../support/statements.ts";
import { piecesOf } from "../walks/permissions.ts";

const resources = synthesizedResources();
const withAllSettings = synthesizedResources(ALL_SETTINGS);
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

/** What AWS does by the role of a function, beside its log. */
const DONE_BY_AWS: { readonly [name: string]: readonly Permission[] } = {
  sweep: [["sqs:SendMessage", "SweeperDeadLetters"]],
  "look-at-banks": [["sqs:SendMessage", "SweeperDeadLetters"]],
  "deliver-webhooks": [["sqs:SendMessage", "WebhooksDeadLetters"]],
  "store-events": [["sqs:SendMessage", "EventMakerLostRecords"], ...streamReading("TablesJobs")],
};

const sorted = (permissions: readonly (readonly unknown[])[]) =>
  permissions.map((permission) => JSON.stringify(permission)).toSorted();

describe("permissions", () => {
  test.each([...functions.keys()])("%s has the permissions of the page and no others", (entry) => {
    const granted = permissionsOfRole(resources, roleOf(functions.get(entry)?.Properties));
    const logs = LOG_WRITING.map((action): Permission => [action, logGroupOf(entry)]);
    const name = entry.replace(/^functions\/([\w-]+\/)+|\.lambda\.ts$/g, "");
    const byAws = [...logs, ...(DONE_BY_AWS[name] ?? [])];
    expect(sorted(granted.flatMap(piecesOf))).toEqual(sorted([...onThePage(name), ...byAws]));
  });

  test.each([
    [
      "receive-notification",
      [
        ["dynamodb:PutItem", "TablesEvents", rows("upstream-message#*")],
        ["secretsmanager:GetSecretValue", "secret:other/webhook-??????"],
      ],
    ],
    [
      "fetch-events",
      [
        ["dynamodb:Query", "TablesEvents/index/by-time", rows("upstream-messages")],
        ["dynamodb:UpdateItem", "TablesEvents", rows("upstream-message#*")],
        ["dynamodb:PutItem", "TablesEvents", rows("event#*")],
        ["dynamodb:GetItem", "TablesEvents", rows("erased#*")],
        ["dynamodb:GetItem", "TablesEvents", rows("webhooks#*")],
        ["dynamodb:PutItem", "TablesEvents", rows("message#*")],
        ["lambda:InvokeFunction", "WebhooksDeliver"],
        ["dynamodb:Query", "TablesJobs/index/listed-by-age", rows("user#*")],
        ["dynamodb:BatchGetItem", "TablesJobs", rows("job#*")],
        ["dynamodb:GetItem", "TablesJobs", rows("job#*")],
        ["dynamodb:PutItem", "TablesJobs", rows("job#*")],
        ["dynamodb:UpdateItem", "TablesJobs", rows("job#*")],
        ["dynamodb:DeleteItem", "TablesSecrets"],
        ["states:StartExecution", "WorkflowStateMachine"],
        ["states:StopExecution", "execution:WorkflowStateMachine:*"],
        ["secretsmanager:GetSecretValue", "secret:other/key-??????"],
        ["sqs:SendMessage", "SweeperDeadLetters"],
      ],
    ],
  ])(
    "%s, which takes part in webhooks of the aggregator, has these permissions and no others",
    (name, expected) => {
      const entry = `functions/webhooks/upstream/${name}.lambda.ts`;
      const { Properties } = functionsByEntry(withAllSettings).get(entry) ?? {};
      const granted = permissionsOfRole(withAllSettings, roleOf(Properties)).flatMap(piecesOf);
      const others = granted.filter(([action]) => !action.startsWith("logs:"));
      expect(sorted(others)).toEqual(sorted(expected));
    },
  );

  test("The pipe to the bus may read the stream of the events, put events on the bus and set records aside", () => {
    const [[, pipe] = []] = ofType(withAllSettings, "AWS::Pipes::Pipe");
    expect(sorted(permissionsOfRole(withAllSettings, roleOf(pipe?.Properties)))).toEqual(
      sorted([
        ...streamReading("TablesEvents"),
        ["events:PutEvents", "JobEventsBus"],
        ["sqs:SendMessage", "EventMakerLostRecords"],
      ]),
    );
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
