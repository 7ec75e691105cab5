import { type App, Stack } from "aws-cdk-lib";
import { ConnectionJobs } from "./connection-jobs.ts";
import { addOutputs } from "./outputs.ts";
import { propsFrom, sandboxFrom } from "./props-from-settings.ts";
import type { Settings } from "./settings.ts";

/**
 * A stack that holds the system and nothing else. Its name is `ConnectionJobs`, followed by `-` and the stage if a stage is
 * set.
 */
export class ConnectionJobsStack extends Stack {
  constructor(app: App, settings: Settings) {
    const { stage } = settings;
    super(app, stage === undefined ? "ConnectionJobs" : `ConnectionJobs-${stage}`, {
      description: "Bank connection jobs",
      tags: { application: "connection-jobs", ...(stage !== undefined && { stage }) },
    });
    const sandbox = sandboxFrom(this, settings);
    const system = new ConnectionJobs(this, "Default", propsFrom(this, settings, sandbox));
    sandbox?.sendBackTo(`${system.apiUrl}/consent/return`);
    addOutputs(this, system);
  }
}
