import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IDestination, Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";
import { grantIndex, grantRows, grantSealing, grantSecrets } from "./grants.ts";
import type { Keys } from "./keys.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsNamespace } from "./own-metrics.ts";
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
    this.deadLetters = new Queue(this, "DeadLetters", {
      encryption: QueueEncryption.SQS_MANAGED,
      enforceSSL: true,
      retentionPeriod: Duration.days(14),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(
      this.deadLetters,
      "SQS3",
      "It is a dead-letter queue itself: of the schedule's rule and of the function. The rule looks at queues of queues only.",
    );
    this.function = nodeFunction(this, "Sweep", {
      entry: "functions/jobs/workflow/sweep.lambda.ts",
      timeout: TIMEOUT,
      environment: {
        ...tables.jobsEnvironment,
        METRICS_NAMESPACE: metricsNamespace(this),
        SECRETS_TABLE: tables.secrets.tableName,
        SEALING_KEY_ID: keys.sealing.keyArn,
        STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn,
        ...upstreamEnvironment(upstream),
      },
      shared,
    });
    // No retries: the next sweep starts within a minute and finds the same jobs.
    this.function.configureAsyncInvoke({
      retryAttempts: 0,
      maxEventAge: Duration.minutes(1),
      onFailure: sendingTo(this.deadLetters),
    });
    new Rule(this, "EveryMinute", {
      schedule: Schedule.rate(Duration.minutes(1)),
      targets: [
        new LambdaTarget(this.function, {
          deadLetterQueue: this.deadLetters,
          retryAttempts: 2,
          maxEventAge: Duration.minutes(1),
        }),
      ],
    });
    this.#grant(tables, keys, workflow);
    grantUpstream(upstream, this.function);
  }

  #grant(tables: Tables, keys: Keys, workflow: Workflow) {
    grantIndex(tables, this.function, "swept-by-time", "queued", "running");
    grantRows(tables, this.function, ["job"], "GetItem", "PutItem", "UpdateItem", "DeleteItem");
    grantRows(tables, this.function, ["claim"], "GetItem", "PutItem");
    grantSecrets(tables, this.function, "GetItem", "DeleteItem");
    grantSealing(keys.sealing, this.function, "Decrypt", "task-token");
    workflow.grantWaking(this.function);
    workflow.stateMachine.grantStartExecution(this.function);
    workflow.grantExecutions(this.function, "DescribeExecution", "StopExecution");
  }
}

/**
 * Sends failed invocations to the queue. The CDK's own destination also grants reading the queue's attributes, which the
 * function does not need.
 */
function sendingTo({ queueArn }: Queue): IDestination {
  return {
    bind(_, from) {
      from.addToRolePolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queueArn] }));
      return { destination: queueArn };
    },
  };
}
