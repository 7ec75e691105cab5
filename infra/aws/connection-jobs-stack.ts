import { type App, CfnOutput, Stack } from "aws-cdk-lib";
import { ConnectionJobs } from "./connection-jobs.ts";
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
    const system = new ConnectionJobs(this, "Default", propsFrom(this, settings));
    const outputs = {
      ApiUrl: system.apiUrl,
      ApiDomainTarget: system.domainTarget,
      JobsTableName: system.jobsTable.tableName,
      StateMachineArn: system.stateMachine.stateMachineArn,
    };
    for (const [name, value] of Object.entries(outputs)) {
      if (value !== undefined) new CfnOutput(this, name, { value });
    }
  }
}
