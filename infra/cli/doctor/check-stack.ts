import { CloudFormationClient, DescribeStacksCommand, type Stack } from "@aws-sdk/client-cloudformation";
import { GetAccountSettingsCommand, LambdaClient } from "@aws-sdk/client-lambda";
import { DescribeSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { paginateListServiceQuotas, ServiceQuotasClient } from "@aws-sdk/client-service-quotas";
import { lineOf } from "../line-of.ts";
import { type Finding, functionsFinding, transitionsFinding } from "./report.ts";

/** Where the aggregator's API key is, unless the setting `upstreamApiKeySecret` names another secret. */
const DEFAULT_SECRET = "connection-jobs/upstream-api-key";

export interface StackFindings {
  findings: Finding[];
  /** The address of the API, if the stack has one. */
  apiUrl: string | undefined;
}

/**
 * Checks the account and the stack. Region and credentials are those of the environment and its configuration files. No secret is
 * read: Secrets Manager is asked only whether it has a value.
 */
export async function checkStack(stackName: string): Promise<StackFindings> {
  const cloudFormation = new CloudFormationClient({});
  try {
    const region = await cloudFormation.config.region();
    const found: Finding = { name: "AWS region", verdict: "ok", found: region };
    const { Stacks } = await cloudFormation.send(new DescribeStacksCommand({ StackName: stackName }));
    const stack = Stacks?.[0];
    const findings = [
      found,
      credentials,
      stackFinding(stackName, stack),
      await secretFinding(stack),
      ...(await quotaFindings(outputOf(stack, "Concurrency"))),
    ];
    return { findings, apiUrl: outputOf(stack, "ApiUrl")?.replace(/\/+$/, "") };
  } catch (error) {
    return { findings: missingFindings(error, stackName), apiUrl: undefined };
  } finally {
    cloudFormation.destroy();
  }
}

const credentials: Finding = { name: "AWS credentials", verdict: "ok", found: "accepted" };

function missingFindings(error: unknown, stackName: string): Finding[] {
  const { name = "", message = "" } = error instanceof Error ? error : {};
  if (message === "Region is missing") {
    return [
      { name: "AWS region", verdict: "lacks", found: "none is set.", advice: "Set the variable AWS_REGION." },
    ];
  }
  if (name === "CredentialsProviderError" || /Token|Signature|AccessDenied|UnrecognizedClient/.test(name)) {
    const advice = "Sign in to AWS, and allow what docs/cli.md lists for doctor.";
    return [{ name: "AWS credentials", verdict: "lacks", found: lineOf(error), advice }];
  }
  if (name === "ValidationError" && message.endsWith("does not exist")) {
    const advice = "Deploy it with npx cdk deploy, or name another one with --stack.";
    return [
      credentials,
      { name: "stack", verdict: "lacks", found: `There is no stack ${stackName}.`, advice },
    ];
  }
  return [{ name: "AWS", verdict: "unknown", found: lineOf(error) }];
}

function stackFinding(name: string, stack: Stack | undefined): Finding {
  const status = stack?.StackStatus ?? "missing";
  if (/^(CREATE|UPDATE|IMPORT)_COMPLETE$|^UPDATE_COMPLETE_CLEANUP/.test(status)) {
    return { name: "stack", verdict: "ok", found: `${name}, ${status}` };
  }
  const advice = "Look at its events in CloudFormation, and deploy again.";
  return { name: "stack", verdict: "lacks", found: `${name}, ${status}`, advice };
}

function outputOf(stack: Stack | undefined, name: string): string | undefined {
  return stack?.Outputs?.find(({ OutputKey }) => OutputKey === name)?.OutputValue;
}

async function secretFinding(stack: Stack | undefined): Promise<Finding> {
  const name = "aggregator's key";
  const SecretId =
    outputOf(stack, "SandboxApiKeySecret") ?? outputOf(stack, "UpstreamApiKeySecretName") ?? DEFAULT_SECRET;
  const client = new SecretsManagerClient({});
  const advice = "Store the API key of the aggregator, as docs/deploy.md says.";
  try {
    const { VersionIdsToStages = {}, DeletedDate } = await client.send(
      new DescribeSecretCommand({ SecretId }),
    );
    if (DeletedDate !== undefined)
      return { name, verdict: "lacks", found: "The secret is being deleted.", advice };
    const isFilled = Object.values(VersionIdsToStages).some((stages) => stages.includes("AWSCURRENT"));
    if (isFilled) return { name, verdict: "ok", found: "The secret has a value." };
    return { name, verdict: "lacks", found: "The secret has no value.", advice };
  } catch (error) {
    const isMissing = error instanceof Error && error.name === "ResourceNotFoundException";
    if (!isMissing) return { name, verdict: "unknown", found: lineOf(error) };
    const isDefault = SecretId === DEFAULT_SECRET;
    return {
      name,
      verdict: isDefault ? "unknown" : "lacks",
      found: isDefault
        ? `There is no secret ${DEFAULT_SECRET}. The setting upstreamApiKeySecret may name another.`
        : "The secret is missing.",
      advice,
    };
  } finally {
    client.destroy();
  }
}

async function quotaFindings(concurrency: string | undefined): Promise<Finding[]> {
  return [await functions(concurrency === undefined ? undefined : Number(concurrency)), await transitions()];
}

async function functions(told: number | undefined): Promise<Finding> {
  const client = new LambdaClient({});
  try {
    const { AccountLimit } = await client.send(new GetAccountSettingsCommand({}));
    const limit = AccountLimit?.ConcurrentExecutions;
    return limit === undefined ? notRead("functions at once") : functionsFinding(limit, told);
  } catch (error) {
    return { name: "functions at once", verdict: "unknown", found: lineOf(error) };
  } finally {
    client.destroy();
  }
}

/** How many transitions a second the executions of standard workflows may make for long. */
const TRANSITIONS = /StateTransition.*refill rate/i;

async function transitions(): Promise<Finding> {
  const name = "state transitions";
  const client = new ServiceQuotasClient({});
  try {
    for await (const { Quotas = [] } of paginateListServiceQuotas({ client }, { ServiceCode: "states" })) {
      const quota = Quotas.find(({ QuotaName = "" }) => TRANSITIONS.test(QuotaName));
      if (quota?.Value !== undefined) return transitionsFinding(quota.Value);
    }
    return notRead(name);
  } catch (error) {
    return { name, verdict: "unknown", found: lineOf(error) };
  } finally {
    client.destroy();
  }
}

function notRead(name: string): Finding {
  return {
    name,
    verdict: "unknown",
    found: "AWS does not list it.",
    advice: "Look at Service Quotas of the account.",
  };
}
