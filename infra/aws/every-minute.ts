import { Duration } from "aws-cdk-lib";
import { Rule, Schedule } from "aws-cdk-lib/aws-events";
import { LambdaFunction as LambdaTarget } from "aws-cdk-lib/aws-events-targets";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { sendingTo } from "./dead-letters.ts";

export interface EveryMinute {
  /** Receives runs that could not start or that failed. */
  deadLetters: Queue;
  /** How long an asynchronous invocation may wait for its start. Default: a minute, after which the next run starts. */
  maxEventAge?: Duration;
}

/** Runs a function every minute. A run that fails is not repeated: the next run finds the same work. */
export function runEveryMinute(
  scope: Construct,
  run: LambdaFunction,
  { deadLetters, maxEventAge = Duration.minutes(1) }: EveryMinute,
): void {
  run.configureAsyncInvoke({ retryAttempts: 0, maxEventAge, onFailure: sendingTo(deadLetters) });
  new Rule(scope, "EveryMinute", {
    schedule: Schedule.rate(Duration.minutes(1)),
    targets: [
      new LambdaTarget(run, {
        deadLetterQueue: deadLetters,
        retryAttempts: 2,
        maxEventAge: Duration.minutes(1),
      }),
    ],
  });
}
