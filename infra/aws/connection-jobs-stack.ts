import { type App, CfnOutput, Stack } from "aws-cdk-lib";
import { ConnectionJobs } from "./connection-jobs.ts";
import { DeployedSandbox } from "./deployed-sandbox.ts";
import { propsFrom } from "./props-from-settings.ts";
import type { Settings } from "./settings.ts";

/** The system on its own. */
export class ConnectionJobsStack extends Stack {
  constructor(app: App, settings: Settings) {
    const { stage } = settings;
    super(app, stage === undefined ? "ConnectionJobs" : `ConnectionJobs-${stage}`, {
      description: "Bank connection jobs",
      tags: { application: "connection-jobs", ...(stage !== undefined && { stage }) },
    });
    const shared = { logLevel: settings.logLevel, logRetention: settings.logRetentionDays };
    const sandbox =
      settings.upstream === "sandbox" ? new DeployedSandbox(this, "Sandbox", { shared }) : undefined;
    const props = propsFrom(this, settings);
    const { url, apiKeySecret } = sandbox ?? props.upstream;
    const upstream = { ...props.upstream, url, apiKeySecret };
    const system = new ConnectionJobs(this, "Default", { ...props, upstream });
    const outputs = {
      ApiUrl: system.apiUrl,
      ApiDomainTarget: system.domainTarget,
      JobsTableName: system.jobsTable.tableName,
      StateMachineArn: system.stateMachine.stateMachineArn,
      AlarmTopicArn: system.alarmTopic.topicArn,
      SealingKeyArn: system.sealingKey.keyArn,
      SigningKeyArn: system.signingKey.keyArn,
      SandboxUrl: sandbox?.url,
      SandboxApiKeySecret: sandbox?.apiKeySecret.secretArn,
    };
    for (const [name, value] of Object.entries(outputs)) {
      if (value !== undefined) new CfnOutput(this, name, { value });
    }
  }
}
