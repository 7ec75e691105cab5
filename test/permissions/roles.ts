import * as z from "zod";
import { LOG_WRITING } from "../infra/forced-permissions.ts";
import { functionsByEntry, ofType, type Resources, referredTo, withoutHash } from "../infra/resources.ts";
import { type Permission, permissionsOfRole, roleOf } from "../infra/statements.ts";

/** Who invokes functions, among the roles of the functions, which are named by their entries. */
export const STATE_MACHINE = "the state machine";
export const API = "the API";

/** Functions let the API in by themselves: it takes on no role. */
const lettingIn = z.object({
  Action: z.string(),
  FunctionName: z.unknown(),
  Principal: z.literal("apigateway.amazonaws.com"),
});

/** What each role of the template may do, but for writing its log, and the API. Throws for a role that nothing of ours takes on. */
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
    return [name, permissionsOfRole(resources, roleId).filter(([action]) => !LOG_WRITING.includes(action))];
  });
  return new Map([...roles, [API, permissionsOfTheApi(resources)]]);
}

function permissionsOfTheApi(resources: Resources): Permission[] {
  return ofType(resources, "AWS::Lambda::Permission").map(([, { Properties }]) => {
    const { Action, FunctionName } = lettingIn.parse(Properties);
    return [Action, withoutHash(referredTo(FunctionName))];
  });
}
