import { readFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { awsCalls } from "./aws-calls.ts";
import { type Environment, runProgram } from "./programs.ts";

const ACCOUNT = "aws://000000000000/us-east-1";
const QUIET = ["--no-notices", "--no-version-reporting"];

const outputs = z.record(z.string(), z.object({ ApiUrl: z.url() })).transform((stacks, check) => {
  const [[name, found] = [], ...more] = Object.entries(stacks);
  if (name !== undefined && found !== undefined && more.length === 0) return { stackName: name, ...found };
  check.addIssue("There is to be one stack.");
  return z.NEVER;
});

export type Deployed = z.infer<typeof outputs>;

/** The last command of docs/operate.md deletes it, with some days to think better of it. */
export async function restoreUpstreamSecret(commands: Environment): Promise<void> {
  const parameters = { SecretId: "connection-jobs/upstream-api-key" };
  await awsCalls(commands, [
    { service: "secretsmanager", operation: "restore_secret", parameters, query: "[Name]" },
  ]);
}

export async function bootstrap(commands: Environment): Promise<void> {
  await runProgram("cdk", ["bootstrap", ACCOUNT, ...QUIET], commands);
  const buckets = { service: "s3", operation: "list_buckets", query: "Buckets[].Name" };
  const [names = []] = await awsCalls(commands, [buckets]);
  // Its policy refuses whoever comes without TLS, as everyone here does.
  const removals = names.map((Bucket) => ({ operation: "delete_bucket_policy", parameters: { Bucket } }));
  await awsCalls(
    commands,
    removals.map((removal) => ({ service: "s3", ...removal, query: "[]" })),
  );
}

/** Where one deployment keeps its files. */
export interface Deployment {
  commands: Environment;
  folder: string;
  /** CDK context, as after `-c`. */
  context: Readonly<Record<string, string>>;
}

export async function deploy(deployment: Deployment): Promise<Deployed> {
  const file = join(deployment.folder, "outputs.json");
  await cdk(deployment, "deploy", "--require-approval", "never", "--outputs-file", file);
  return outputs.parse(JSON.parse(readFileSync(file, "utf8")));
}

export async function destroy(deployment: Deployment): Promise<void> {
  await cdk(deployment, "destroy", "--force");
}

async function cdk({ commands, folder, context }: Deployment, ...command: string[]): Promise<void> {
  const settings = Object.entries(context).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  await runProgram("cdk", [...command, ...settings, "--output", join(folder, "cdk.out"), ...QUIET], commands);
}
