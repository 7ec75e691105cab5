import { describe, expect, inject, test } from "vitest";
import { parseResources } from "../infra/resources.ts";
import { FORCED, FORCED_BY, keyOf, type Permission, rows } from "../infra/statements.ts";
import { inWords, needsOf, refusedBy } from "../permissions/needs.ts";
import { permissionsPage, type WalkedAccess } from "../permissions/permissions-page.ts";
import { recordedAccess } from "../permissions/recorded-access.ts";
import { permissionsByRole } from "../permissions/roles.ts";
import { observedSystem } from "./observed-system.ts";
import { PERMISSION_JOURNEYS } from "./permission-journeys.ts";

const PAGE = "../../docs/reference/permissions.md";
const COMMAND = "npx vitest run test/journeys/every-permission.test.ts --update";
const GET_JOB = "functions/jobs/api/get-job.lambda.ts";
const CREATE_CONNECTION = "functions/jobs/api/create-connection.lambda.ts";
const ASK = "functions/jobs/workflow/ask-for-answer.lambda.ts";
/** A challenge of 2 minutes lasts 2.4 s. */
const TIME_SCALE = 50;

const system = observedSystem(TIME_SCALE, { sweepsByHand: true });
const granted = permissionsByRole(parseResources(JSON.parse(inject("template"))));
const forced = new Set(FORCED.map(keyOf));
const walked: WalkedAccess[] = [];

test.each(PERMISSION_JOURNEYS)("$title", async ({ title: journey, walk }) => {
  const recorded = system.recorder.fromNow();
  for (const jobId of await walk(system)) await system.execution(jobId).ended();
  for (const access of recordedAccess(recorded(), system.deployed())) walked.push({ ...access, journey });
});

const needs = (permissions = granted, calls: readonly WalkedAccess[] = walked) =>
  needsOf(permissions, calls).filter(({ permission }) => !forced.has(keyOf(permission)));
const unneeded = (...given: Parameters<typeof needs>) =>
  needs(...given)
    .filter(({ call }) => call === undefined)
    .map(({ role, permission }) => `${role}: ${keyOf(permission)}`);

describe("the permissions of the template", () => {
  test("allow every call of every function, and every invocation", () => {
    const granting = [...granted].filter(([, permissions]) => permissions.length > 0);
    expect(new Set(walked.map(({ role }) => role))).toEqual(new Set(granting.map(([role]) => role)));
    expect(inWords(refusedBy(granted, walked))).toEqual([]);
  });

  test("are needed, each of them, by a call that no other one allows", () => {
    expect(unneeded()).toEqual([]);
  });

  test("are what the docs say, with the call that needs each and its journey", async () => {
    const page = permissionsPage({ command: COMMAND, needs: needs(), forcedBy: FORCED_BY });
    await expect(page).toMatchFileSnapshot(PAGE);
  });
});

describe("what is missing or too much", () => {
  test("is named when a permission is taken away", () => {
    const without = new Map([...granted, [GET_JOB, []]]);
    expect(inWords(refusedBy(without, walked)).toSorted()).toEqual([
      `${GET_JOB}: GetItem of \`job#\`, dynamodb:GetItem on TablesJobs`,
      `${GET_JOB}: GetPublicKey, kms:GetPublicKey on KeysSigning`,
    ]);
  });

  test("is named when nothing needs a permission, or a pattern of it", () => {
    const planted: Permission = ["dynamodb:GetItem", "TablesJobs", rows("job#*", "claim#*")];
    const others = granted.get(GET_JOB)?.filter(([action]) => action !== planted[0]) ?? [];
    expect(unneeded(new Map([...granted, [GET_JOB, [...others, planted]]]))).toEqual([
      `${GET_JOB}: ${keyOf(["dynamodb:GetItem", "TablesJobs", rows("claim#*")])}`,
    ]);
  });

  test("is named when no journey shows any more what a permission is for", () => {
    const withoutRaces = walked.filter(({ journey }) => !/one login|in between/.test(journey));
    expect(unneeded(granted, withoutRaces)).toEqual([
      `${ASK}: ${keyOf(["states:SendTaskSuccess", "WorkflowStateMachine"])}`,
      `${CREATE_CONNECTION}: ${keyOf(["dynamodb:DeleteItem", "TablesJobs", rows("job#*")])}`,
      `${CREATE_CONNECTION}: ${keyOf(["dynamodb:DeleteItem", "TablesSecrets"])}`,
    ]);
  });
});
