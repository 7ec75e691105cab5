import { Duration } from "aws-cdk-lib";
import {
  Choice,
  Condition,
  Fail,
  type IChainable,
  IntegrationPattern,
  JsonPath,
  Succeed,
  TaskInput,
  Timeout,
  Wait,
  WaitTime,
} from "aws-cdk-lib/aws-stepfunctions";
import { LambdaInvoke } from "aws-cdk-lib/aws-stepfunctions-tasks";
import type { Construct } from "constructs";
import { WORKFLOW_ERRORS } from "../../functions/jobs/domain/errors.ts";
import { MAX_RETRIES, RETRY_EVERY_SECONDS } from "../../functions/jobs/domain/queue.ts";
import type { TaskFunctions } from "./task-functions.ts";

const jobId = JsonPath.stringAt("$.jobId");

/**
 * Errors that may pass: another writer was faster, a part of AWS was down, a function was cut off. Every Task can run
 * again. After 5, 10, 20, 40, 60 and 60 s.
 */
const PASSING = {
  errors: [
    WORKFLOW_ERRORS.jobChanged,
    WORKFLOW_ERRORS.taskFailed,
    "Lambda.Unknown",
    "Sandbox.Timedout",
    "Runtime.ExitError",
  ],
  interval: Duration.seconds(5),
  maxAttempts: 6,
  backoffRate: 2,
  maxDelay: Duration.minutes(1),
};

/** Upstream gave no usable reply. */
const UNREACHABLE = { ...PASSING, errors: [WORKFLOW_ERRORS.upstreamUnavailable] };

/**
 * A job stays in the opening state for as long as it is queued, and a Retrier counts for the whole stay. What passes may
 * come a dozen times in a week; an unreachable upstream ends an attempt by the row, after four minutes.
 */
const PASSING_WHILE_OPENING = { ...PASSING, maxAttempts: 12 };
const UNREACHABLE_WHILE_OPENING = { ...UNREACHABLE, maxAttempts: 500 };

/** The last Task has nobody behind it: it is tried for about a day. 5, 10, 20 s and so on, up to 15 minutes. */
const LASTING = {
  errors: ["States.ALL"],
  interval: Duration.seconds(5),
  maxAttempts: 100,
  backoffRate: 2,
  maxDelay: Duration.minutes(15),
};

/** More functions at once than the account allows. */
const THROTTLED = {
  errors: ["Lambda.TooManyRequestsException"],
  interval: Duration.seconds(2),
  maxAttempts: 8,
  backoffRate: 2,
};

/**
 * Lambda itself is in trouble, or more functions want to run at once than the account allows: many jobs whose bank is back may.
 * In a stay of a week that happens more often than in one of minutes.
 */
const LAMBDA_WHILE_OPENING = {
  errors: [
    "Lambda.TooManyRequestsException",
    "Lambda.ClientExecutionTimeoutException",
    "Lambda.ServiceException",
    "Lambda.AWSLambdaException",
    "Lambda.SdkClientException",
  ],
  interval: Duration.seconds(2),
  maxAttempts: 200,
  backoffRate: 2,
  maxDelay: Duration.minutes(1),
};

/** The published queue: 7,200 s × 84, at one pace. What is left of a wait, and the first one, are a state's. */
const QUEUED = {
  errors: [WORKFLOW_ERRORS.institutionUnavailable],
  interval: Duration.seconds(RETRY_EVERY_SECONDS),
  maxAttempts: MAX_RETRIES,
  backoffRate: 1,
};

/** A payload is the job's id and small facts; whatever a Task learns, it writes into the job's row. */
export function workflowDefinition(scope: Construct, tasks: TaskFunctions): IChainable {
  const over = new Succeed(scope, "The job is over");
  const givenUp = new Fail(scope, "The job was given up", { error: "GivenUp" });

  const open = new LambdaInvoke(scope, "Open the connection", {
    lambdaFunction: tasks.openConnection,
    payload: TaskInput.fromObject({ jobId }),
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
  });
  const follow = new LambdaInvoke(scope, "Follow the job", {
    lambdaFunction: tasks.followJob,
    payload: TaskInput.fromObject({ jobId }),
    payloadResponseOnly: true,
  });
  const ask = new LambdaInvoke(scope, "Ask for the answer", {
    lambdaFunction: tasks.askForAnswer,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    payload: TaskInput.fromObject({ jobId, taskToken: JsonPath.taskToken }),
    taskTimeout: Timeout.at("$.timeoutSeconds"),
    resultPath: JsonPath.DISCARD,
  });
  const send = new LambdaInvoke(scope, "Send the answer", {
    lambdaFunction: tasks.sendAnswer,
    payload: TaskInput.fromObject({ jobId }),
    payloadResponseOnly: true,
  });
  const giveUp = new LambdaInvoke(scope, "Give up", {
    lambdaFunction: tasks.giveUp,
    payload: TaskInput.fromObject({ jobId, failure: JsonPath.stringAt("$.failure.Error") }),
    payloadResponseOnly: true,
  });
  const waitForTheBank = new Wait(scope, "Wait for the bank", {
    time: WaitTime.secondsPath("$.waitSeconds"),
  });
  const hold = new Wait(scope, "Hold for the next attempt", {
    time: WaitTime.secondsPath("$.waitSeconds"),
  });

  ask.addCatch(send, { errors: ["States.Timeout"], resultPath: JsonPath.DISCARD });
  open.addRetry(QUEUED).addRetry(UNREACHABLE_WHILE_OPENING).addRetry(PASSING_WHILE_OPENING);
  open.addRetry(LAMBDA_WHILE_OPENING);
  for (const task of [follow, ask, send]) task.addRetry(UNREACHABLE).addRetry(PASSING);
  for (const task of [follow, ask, send]) task.addRetry(THROTTLED);
  for (const task of [open, follow, ask, send]) task.addCatch(giveUp, { resultPath: "$.failure" });
  giveUp.addRetry(LASTING);

  const said = new Choice(scope, "What did the bank say?")
    // Functions of another version may not say what is next, and a Choice cannot be caught: a look tells.
    .when(Condition.isNotPresent("$.next"), follow)
    .when(Condition.stringEquals("$.next", "done"), over)
    .when(Condition.stringEquals("$.next", "ask"), ask)
    .when(Condition.isNotPresent("$.waitSeconds"), open)
    .when(Condition.stringEquals("$.next", "hold"), hold)
    .otherwise(waitForTheBank);

  // Opening and sending follow the job for a slice themselves: a transition costs more than most slices.
  for (const task of [open, follow, send]) task.next(said);
  waitForTheBank.next(follow);
  hold.next(open);
  ask.next(send);
  giveUp.next(givenUp);
  return open;
}
