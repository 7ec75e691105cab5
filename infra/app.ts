import { App } from "aws-cdk-lib";
import { ConnectionJobsStack } from "./aws/connection-jobs-stack.ts";

new ConnectionJobsStack(new App(), "ConnectionJobs");
