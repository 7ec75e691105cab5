import { CfnOutput, type Stack } from "aws-cdk-lib";
import type { ConnectionJobs } from "./connection-jobs.ts";

/**
 * Adds the outputs that operators need. `npm run keys` reads `JobsTableName`, `connection-jobs doctor` reads `Concurrency`, and `npm run upstream-webhooks` those about the
 * aggregator.
 */
export function addOutputs(stack: Stack, system: ConnectionJobs) {
  const { upstream } = system;
  const outputs = {
    ApiUrl: system.apiUrl,
    ApiDomainTarget: system.domainTarget,
    JobsTableName: system.jobsTable.tableName,
    StateMachineArn: system.stateMachine.stateMachineArn,
    AlarmTopicArn: system.alarmTopic.topicArn,
    Concurrency: String(system.concurrency),
    DashboardName: system.dashboard?.dashboardName,
    ...(upstream.webhookSecret !== undefined && {
      UpstreamUrl: upstream.url,
      UpstreamApiKeySecretName: upstream.apiKeySecret.secretName,
      UpstreamWebhookSecretName: upstream.webhookSecret.secretName,
    }),
    EventBusName: system.eventBus?.eventBusName,
    SealingKeyArn: system.sealingKey.keyArn,
    SigningKeyArn: system.signingKey.keyArn,
  };
  for (const [name, value] of Object.entries(outputs)) {
    if (value !== undefined) new CfnOutput(stack, name, { value });
  }
}
