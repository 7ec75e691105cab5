import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { runEveryMinute } from "./every-minute.ts";
import { grantEvents, grantIndex, grantRows, grantSecrets, grantUpstreamMessages } from "./grants.ts";
import { nodeFunction } from "./node-function.ts";
import { metricsEnvironment } from "./own-metrics.ts";
import type { Sweeper, SweeperProps } from "./sweeper.ts";
import { grantUpstream, upstreamEnvironment } from "./upstream.ts";
import type { Webhooks } from "./webhooks.ts";

/** A run stops in the middle if 200 messages take longer. The next run continues. */
const TIMEOUT = Duration.minutes(5);

export interface UpstreamWebhooksProps extends SweeperProps {
  followLimitMinutes: number;
  /** Receives runs that could not start or that failed. */
  deadLetters: Sweeper["deadLetters"];
  webhooks: Webhooks;
}

/** Fetches, every minute, the events that webhooks of the aggregator have reported. */
export class UpstreamWebhooks extends Construct {
  readonly function: LambdaFunction;

  constructor(scope: Construct, id: string, props: UpstreamWebhooksProps) {
    super(scope, id);
    const { tables, keys, workflow, upstream, webhooks, shared, deadLetters, followLimitMinutes } = props;
    this.function = nodeFunction(this, "FetchEvents", {
      entry: "functions/webhooks/upstream/fetch-events.lambda.ts",
      timeout: TIMEOUT,
      environment: {
        ...tables.jobsEnvironment,
        ...metricsEnvironment(this, shared),
        EVENTS_TABLE: tables.events.tableName,
        SECRETS_TABLE: tables.secrets.tableName,
        SEALING_KEY_ID: keys.sealing.keyArn,
        STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn,
        FOLLOW_LIMIT_MINUTES: String(followLimitMinutes),
        ...upstreamEnvironment(upstream),
        ...webhooks.environment,
      },
      shared,
    });
    runEveryMinute(this, this.function, { deadLetters });
    grantUpstreamMessages(tables, this.function);
    grantEvents(tables, this.function, ["upstream-message"], "UpdateItem");
    grantEvents(tables, this.function, ["event"], "PutItem");
    grantEvents(tables, this.function, ["erased", "webhooks"], "GetItem");
    grantEvents(tables, this.function, ["message"], "PutItem");
    webhooks.grantWaking(this.function);
    grantIndex(tables, this.function, "listed-by-age", "user");
    grantRows(tables, this.function, ["job"], "BatchGetItem", "GetItem", "PutItem", "UpdateItem");
    grantSecrets(tables, this.function, "DeleteItem");
    workflow.stateMachine.grantStartExecution(this.function);
    workflow.grantExecutions(this.function, "StopExecution");
    grantUpstream(upstream, this.function);
  }
}
