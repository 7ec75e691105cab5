import * as z from "zod";
import { functionsByEntry, ofType, type Resources, referredTo, withoutHash } from "../infra/resources.ts";
import { DONE_BY_LAMBDA, type Permission, permissionsOfRole, roleOf } from "../infra/statements.ts";

/** Who invokes functions, among the roles of the functions, which are named by their entries. */
export const STATE_MACHINE = "the state machine";
export const API = "the API";
export const SCHEDULE = "the schedule";

/** The one function that a schedule invokes. */
export const SWEEP = "functions/jobs/workflow/sweep.lambda.ts";

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
  return Object.entries(LET_IN).map(([name, principal]) => [
    name,
    all
      .filter(({ Principal }) => Principal === principal)
      .map(({ Action, FunctionName }): Permission => [Action, withoutHash(referredTo(FunctionName))]),
  ]);
}
