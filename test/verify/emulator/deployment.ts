import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import type { Target } from "../../journeys/target.ts";
import { awsCalls, awsTexts } from "./aws.ts";
import { type Environment, runProgram } from "./programs.ts";

const ACCOUNT = "aws://000000000000/us-east-1";
const QUIET = ["--no-notices", "--no-version-reporting"];

export async function bootstrap(commands: Environment): Promise<void> {
  await runProgram("cdk", ["bootstrap", ACCOUNT, ...QUIET], commands);
  const list = { service: "s3", operation: "list_buckets", query: "Buckets[].Name" };
  const buckets = (await awsTexts(commands, [list])).flat();
  // Its policy refuses whoever comes without TLS, as everyone here does.
  const removal = { service: "s3", operation: "delete_bucket_policy" };
  await awsCalls(
    commands,
    buckets.map((Bucket) => ({ ...removal, parameters: { Bucket } })),
  );
}

/** The secret that docs/deploy.md has an operator make; it is none of the stack. */
export const UPSTREAM_SECRET = "connection-jobs/upstream-api-key";

export async function makeUpstreamSecret(commands: Environment, apiKey: string): Promise<void> {
  const parameters = { Name: UPSTREAM_SECRET, SecretString: apiKey };
  await awsCalls(commands, [{ service: "secretsmanager", operation: "create_secret", parameters }]);
}

/** The last command of docs/operate.md deletes it, with some days to think better of it. */
export async function restoreUpstreamSecret(commands: Environment): Promise<void> {
  const parameters = { SecretId: UPSTREAM_SECRET };
  await awsCalls(commands, [{ service: "secretsmanager", operation: "restore_secret", parameters }]);
}

/** Where one deployment keeps its files. */
interface Deployment {
  commands: Environment;
  folder: string;
  /** CDK context, as after `-c`. */
  context: Readonly<Record<string, string>>;
}

const outputs = z.record(z.string(), z.object({ ApiUrl: z.url() }));

export async function deploy(deployment: Deployment) {
  const file = join(deployment.folder, "outputs.json");
  await cdk(deployment, "deploy", "--require-approval", "never", "--outputs-file", file);
  const [stack, ...more] = Object.entries(outputs.parse(JSON.parse(readFileSync(file, "utf8"))));
  if (stack === undefined || more.length > 0) throw new Error("There is to be one stack.");
  return { stackName: stack[0], apiUrl: stack[1].ApiUrl };
}

export async function destroy(deployment: Deployment): Promise<void> {
  await cdk(deployment, "destroy", "--force");
}

async function cdk({ commands, folder, context }: Deployment, ...command: string[]): Promise<void> {
  const settings = Object.entries(context).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  await runProgram("cdk", [...command, ...settings, "--output", join(folder, "cdk.out"), ...QUIET], commands);
}

/** Makes an API key as an operator does. */
export async function makeApiKey(commands: Environment, stackName: string): Promise<string> {
  const create = ["run", "--silent", "keys", "--", "create", "journeys", "--stack", stackName];
  return (await runProgram("npm", create, commands)).trim();
}

const NOTHING = { Version: "2012-10-17", Statement: [{ Effect: "Deny", Action: "*", Resource: "*" }] };

/** Throws unless functions whose roles may do nothing fail: then what the journeys did was granted. */
export async function checkThatPoliciesCount(commands: Environment, target: Target): Promise<void> {
  const list = { service: "iam", operation: "list_roles", query: "Roles[].RoleName" };
  const roles = (await awsTexts(commands, [list])).flat().filter((name) => !name.startsWith("cdk-"));
  const forEach = (operation: string, more = {}) => {
    const parameters = (RoleName: string) => ({ RoleName, PolicyName: "Nothing", ...more });
    return awsCalls(
      commands,
      roles.map((role) => ({ service: "iam", operation, parameters: parameters(role) })),
    );
  };

  await forEach("put_role_policy", { PolicyDocument: JSON.stringify(NOTHING) });
  const denied = await tokenStatus(target);
  await forEach("delete_role_policy");
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
