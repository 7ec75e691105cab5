import { Certificate } from "aws-cdk-lib/aws-certificatemanager";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import type { Construct } from "constructs";
import type { ConnectionJobsProps } from "./connection-jobs.ts";
import type { Settings } from "./settings.ts";

/** The construct's props as a deployment's settings have them. */
export function propsFrom(scope: Construct, settings: Settings): ConnectionJobsProps {
  const { domainName, certificateArn } = settings;
  return {
    upstream: {
      url: settings.upstreamUrl,
      version: settings.upstreamVersion,
      apiKeySecret: Secret.fromSecretNameV2(scope, "UpstreamApiKey", settings.upstreamApiKeySecret),
    },
    stepResults: settings.stepResults,
    allowUnboundClientTokens: settings.allowUnboundClientTokens,
    retentionDays: settings.retentionDays,
    logRetention: settings.logRetentionDays,
    logLevel: settings.logLevel,
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
