import type { Target } from "../../journeys/target.ts";
import { awsCalls, awsTexts } from "./aws-calls.ts";
import type { Environment } from "./programs.ts";

const NOTHING = { Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }] };

/** Throws unless functions whose roles may do nothing fail: then what the journeys did was granted. */
export async function checkThatPoliciesCount(commands: Environment, target: Target): Promise<void> {
  const listRoles = { service: "iam", operation: "list_roles", query: "Roles[].RoleName" };
  const ofFunctions = (await awsTexts(commands, listRoles)).filter((name) => !name.startsWith("cdk-"));
  const forEach = (operation: string, parameters: object) =>
    awsCalls(
      commands,
      ofFunctions.map((RoleName) => ({
        service: "iam",
        operation,
        parameters: { RoleName, PolicyName: "Nothing", ...parameters },
        query: "[]",
      })),
    );

  await forEach("put_role_policy", { PolicyDocument: JSON.stringify(NOTHING) });
  const denied = await tokenStatus(target);
  await forEach("delete_role_policy", {});
  const granted = await tokenStatus(target);
  if (denied < 500 || granted !== 200) {
    throw new Error(`A token's request got ${denied} when all was denied, and then ${granted}.`);
  }
}

async function tokenStatus({ apiUrl, apiKey }: Target): Promise<number> {
  const headers = { authorization: `Basic ${apiKey}`, "basiq-version": "3.0" };
  const { status } = await fetch(`${apiUrl}/token`, { method: "POST", headers });
  return status;
}
