import { App, CfnOutput, Stack } from "aws-cdk-lib";
import { Secret } from "aws-cdk-lib/aws-secretsmanager";
import { ConnectionJobs, type ConnectionJobsProps } from "connection-jobs";

/** A company's own app. */
const app = new App();
const stack = new Stack(app, "Banking");
const props: ConnectionJobsProps = {
  upstream: {
    url: "https://au-api.basiq.io",
    version: "2.1",
    apiKeySecret: Secret.fromSecretNameV2(stack, "UpstreamApiKey", "connection-jobs/upstream-api-key"),
  },
  retentionDays: 30,
};
const jobs = new ConnectionJobs(stack, "Jobs", props);
new CfnOutput(stack, "Url", { value: jobs.apiUrl });
new CfnOutput(stack, "Api", { value: jobs.api.apiId });
new CfnOutput(stack, "Table", { value: jobs.jobsTable.tableName });
new CfnOutput(stack, "Workflow", { value: jobs.stateMachine.stateMachineArn });
app.synth();
