import { CfnOutput } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { ConnectionJobsProps } from "./connection-jobs.ts";
import { DeployedSandbox } from "./deployed-sandbox.ts";
import type { Settings } from "./settings.ts";
import type { Upstream } from "./upstream.ts";

/** Converts the settings of a deployment into the props of the construct. `sandbox` stands in for the aggregator. */
export function propsFrom(
  scope: Construct,
  settings: Settings,
  sandbox: DeployedSandbox | undefined,
): ConnectionJobsProps {
  const { domainName, certificateArn } = settings;
  return {
    upstream: {
      ...upstreamFrom(scope, settings, sandbox),
      ...webhookSecretFrom(scope, settings),
      version: settings.upstreamVersion,
    },
    ...(settings.connect !== undefined && { connect: settings.connect }),
    stepResults: settings.stepResults,
    allowUnboundClientTokens: settings.allowUnboundClientTokens,
    answerWaitSeconds: settings.answerWaitSeconds,
    waiters: settings.waiters,
    ...(settings.concurrency !== undefined && { concurrency: settings.concurrency }),
    ...(settings.maxRunningJobs !== undefined && { maxRunningJobs: settings.maxRunningJobs }),
    queue: settings.queue,
    followLimitMinutes: settings.followLimitMinutes,
    followSliceSeconds: settings.followSliceSeconds,
    ...(settings.followConcurrency !== undefined && { followConcurrency: settings.followConcurrency }),
    retentionDays: settings.retentionDays,
    deletionProtection: settings.deletionProtection,
    logRetention: settings.logRetentionDays,
    logLevel: settings.logLevel,
    monitoring: settings.monitoring,
    eventBus: settings.eventBus,
    eventArchiveDays: settings.eventArchiveDays,
    maxWebhooks: settings.maxWebhooks,
    ...(settings.appName !== undefined && { appName: settings.appName }),
    pageLogo: settings.pageLogo,
    pageColour: settings.pageColour,
    pageColourDark: settings.pageColourDark,
    pageSupport: settings.pageSupport,
    pagePrivacyUrl: settings.pagePrivacyUrl,
    pageTermsUrl: settings.pageTermsUrl,
    pageTexts: settings.pageTexts,
    returnUrls: settings.returnUrls,
    // A token of the sandbox opens the sandbox's Consent UI only.
    consentUiUrl: sandbox === undefined ? settings.consentUiUrl : `${sandbox.url}/home`,
    corsOrigins: settings.corsOrigins,
    ...(settings.alarmEmail !== undefined && { alarmEmail: settings.alarmEmail }),
    ...(domainName !== undefined &&
      certificateArn !== undefined && {
        domain: {
          name: domainName,
          certificate: Certificate.fromCertificateArn(scope, "Certificate", certificateArn),
        },
      }),
  };
}

function webhookSecretFrom(
  scope: Construct,
  { upstreamWebhookSecret: name }: Settings,
): Pick<Upstream, "webhookSecret"> {
  return name === undefined
    ? {}
    : { webhookSecret: Secret.fromSecretNameV2(scope, "UpstreamWebhookSecret", name) };
}

/** Deploys the sandbox bank in the same stack, unless the settings name an aggregator. */
export function sandboxFrom(scope: Construct, settings: Settings): DeployedSandbox | undefined {
  if (settings.upstream === "basiq") return undefined;
  const { logLevel, logRetentionDays: logRetention, monitoring } = settings;
  const shared = { logLevel, logRetention, monitoring };
  const sandbox = new DeployedSandbox(scope, "Sandbox", { shared });
  new CfnOutput(scope, "SandboxUrl", { value: sandbox.url });
  new CfnOutput(scope, "SandboxApiKeySecret", { value: sandbox.apiKeySecret.secretArn });
  return sandbox;
}

function upstreamFrom(
  scope: Construct,
  settings: Settings,
  sandbox: DeployedSandbox | undefined,
): Omit<Upstream, "version"> {
  if (sandbox !== undefined) return { url: sandbox.url, apiKeySecret: sandbox.apiKeySecret };
  const apiKeySecret = Secret.fromSecretNameV2(scope, "UpstreamApiKey", settings.upstreamApiKeySecret);
  return { url: settings.upstreamUrl, apiKeySecret };
}
