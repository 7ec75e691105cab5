import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { deadLetterQueue } from "./dead-letters.ts";
import { runEveryMinute } from "./every-minute.ts";
import { grantErasing, grantIndex, grantRows, grantSealing, grantSecrets } from "./grants.ts";
import type { Keys } from "./keys.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsEnvironment } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";
import { grantUpstream, type Upstream, upstreamEnvironment } from "./upstream.ts";
import type { Workflow } from "./workflow.ts";

export interface SweeperProps {
  tables: Tables;
  keys: Keys;
  workflow: Workflow;
  upstream: Upstream;
  shared: SharedOptions;
}

/** A sweep of 2,000 jobs takes less than this. The next sweep starts while the first one still runs, and does no harm. */
const TIMEOUT = Duration.minutes(3);

/** Runs every minute and finishes jobs that a crash left unfinished. */
export class Sweeper extends Construct {
  readonly function: LambdaFunction;
  /** Receives sweeps that could not start or that failed. */
  readonly deadLetters: Queue;

  constructor(scope: Construct, id: string, { tables, keys, workflow, upstream, shared }: SweeperProps) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, "DeadLetters", "of the schedule's rule and of the function");
    this.function = nodeFunction(this, "Sweep", {
      entry: "functions/jobs/workflow/sweep.lambda.ts",
      timeout: TIMEOUT,
      environment: {
        ...tables.jobsEnvironment,
        ...metricsEnvironment(this, shared),
        EVENTS_TABLE: tables.events.tableName,
        SECRETS_TABLE: tables.secrets.tableName,
        SEALING_KEY_ID: keys.sealing.keyArn,
        STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn,
        ...upstreamEnvironment(upstream),
      },
      shared,
    });
    runEveryMinute(this, this.function, { deadLetters: this.deadLetters });
    this.#grant(tables, keys, workflow);
    grantUpstream(upstream, this.function);
  }

  #grant(tables: Tables, keys: Keys, workflow: Workflow) {
    grantIndex(
      tables,
      this.function,
      "swept-by-time",
      "queued",
      "running",
      "idle",
      "awaiting",
      "outage",
      "erasure",
    );
    grantRows(tables, this.function, ["job"], "GetItem", "PutItem", "UpdateItem");
    grantRows(tables, this.function, ["outage"], "GetItem", "PutItem");
    grantRows(tables, this.function, ["erased"], "UpdateItem");
    grantErasing(tables, this.function);
    grantRows(tables, this.function, ["claim"], "GetItem", "PutItem");
    grantSecrets(tables, this.function, "GetItem", "DeleteItem");
    grantSealing(keys.sealing, this.function, "Decrypt", "task-token");
    workflow.grantWaking(this.function);
    workflow.stateMachine.grantStartExecution(this.function);
    workflow.grantExecutions(this.function, "DescribeExecution", "StopExecution");
  }
}
