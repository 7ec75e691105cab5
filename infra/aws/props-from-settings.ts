import { CfnOutput } from "aws-cdk-lib";
import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { ConnectionJobsProps } from "./connection-jobs.ts";
import { DeployedSandbox } from "./deployed-sandbox.ts";
import type { Settings } from "./settings.ts";
import type { Upstream } from "./upstream.ts";

/** Converts the settings of a deployment into the props of the construct. */
export function propsFrom(scope: Construct, settings: Settings): ConnectionJobsProps {
  const { domainName, certificateArn } = settings;
  return {
    upstream: {
      ...upstreamFrom(scope, settings),
      ...webhookSecretFrom(scope, settings),
      version: settings.upstreamVersion,
    },
    ...(settings.connect !== undefined && { connect: settings.connect }),
    stepResults: settings.stepResults,
    allowUnboundClientTokens: settings.allowUnboundClientTokens,
    answerWaitSeconds: settings.answerWaitSeconds,
    waiters: settings.waiters,
    queue: settings.queue,
    followLimitMinutes: settings.followLimitMinutes,
    followSliceSeconds: settings.followSliceSeconds,
    ...(settings.followConcurrency !== undefined && { followConcurrency: settings.followConcurrency }),
    retentionDays: settings.retentionDays,
    deletionProtection: settings.deletionProtection,
    logRetention: settings.logRetentionDays,
    logLevel: settings.logLevel,
    eventBus: settings.eventBus,
    eventArchiveDays: settings.eventArchiveDays,
    maxWebhooks: settings.maxWebhooks,
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

/** Returns the aggregator, or deploys the sandbox bank in the same stack and returns it. */
function upstreamFrom(scope: Construct, settings: Settings): Omit<Upstream, "version"> {
  if (settings.upstream === "basiq") {
    const apiKeySecret = Secret.fromSecretNameV2(scope, "UpstreamApiKey", settings.upstreamApiKeySecret);
    return { url: settings.upstreamUrl, apiKeySecret };
  }
  const shared = { logLevel: settings.logLevel, logRetention: settings.logRetentionDays };
  const { url, apiKeySecret } = new DeployedSandbox(scope, "Sandbox", { shared });
  new CfnOutput(scope, "SandboxUrl", { value: url });
  new CfnOutput(scope, "SandboxApiKeySecret", { value: apiKeySecret.secretArn });
  return { url, apiKeySecret };
}
