import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { runEveryMinute } from "./every-minute.ts";
import { grantEvents, grantIndex, grantRows } from "./grants.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsEnvironment } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";
import { grantUpstream, type Upstream, upstreamEnvironment } from "./upstream.ts";
import type { Webhooks } from "./webhooks.ts";
import type { Workflow } from "./workflow.ts";

export interface BankLooksProps {
  tables: Tables;
  workflow: Workflow;
  upstream: Upstream;
  webhooks: Webhooks;
  shared: SharedOptions;
  concurrency: number;
  /** Receives runs that could not start or that failed. */
  deadLetters: Queue;
}

/** A run wakes jobs for 50 seconds at most. The last starts of executions may be retried for some seconds. */
const TIMEOUT = Duration.seconds(90);

/** Looks every minute at the banks for which jobs wait, and wakes the jobs of those that are back. */
export class BankLooks extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: BankLooksProps) {
    super(scope, id);
    const { tables, workflow, upstream, webhooks, shared, concurrency, deadLetters } = props;
    this.function = nodeFunction(this, "LookAtBanks", {
      entry: "functions/institutions/look-at-banks.lambda.ts",
      timeout: TIMEOUT,
      environment: {
        ...tables.jobsEnvironment,
        ...metricsEnvironment(this, shared),
        ...webhooks.environment,
        CONCURRENCY: String(concurrency),
        EVENTS_TABLE: tables.events.tableName,
        STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn,
        ...upstreamEnvironment(upstream),
      },
      shared,
    });
    runEveryMinute(this, this.function, { deadLetters });
    grantIndex(tables, this.function, "swept-by-time", "awaiting", "outage");
    grantRows(tables, this.function, ["job", "outage"], "GetItem", "PutItem");
    grantEvents(tables, this.function, ["institution"], "GetItem", "PutItem");
    grantEvents(tables, this.function, ["event"], "PutItem");
    grantEvents(tables, this.function, ["webhooks"], "GetItem");
    grantEvents(tables, this.function, ["message"], "PutItem");
    workflow.stateMachine.grantStartExecution(this.function);
    webhooks.grantWaking(this.function);
    grantUpstream(upstream, this.function);
  }
}
