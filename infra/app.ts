import { Annotations, App } from "aws-cdk-lib";
import { ConnectionJobsStack } from "./aws/connection-jobs-stack.ts";
import { readSettings, unknownSettings } from "./aws/settings.ts";

const app = new App();
const stack = new ConnectionJobsStack(app, readSettings(app));
for (const name of unknownSettings(app)) {
  Annotations.of(stack).addWarningV2("connection-jobs:unknown-setting", `There is no setting "${name}".`);
}
