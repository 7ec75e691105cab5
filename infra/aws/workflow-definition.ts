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
import type { TaskFunctions } from "./task-functions.ts";

/** The execution's name has the job's generation, by which a Task finds out whether a later execution drives the job. */
const job = {
  jobId: JsonPath.stringAt("$.jobId"),
  execution: JsonPath.stringAt("$$.Execution.Name"),
};

/**
 * Temporary errors: another writer changed the job first, an AWS service was down, or a function was killed. Every Task is
 * safe to retry. Retries wait 5, 10, 20, 40, 60 and 60 s.
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

/** For errors where the aggregator gave no usable reply. */
const UNREACHABLE = { ...PASSING, errors: [WORKFLOW_ERRORS.upstreamUnavailable] };

/**
 * If the aggregator cannot be reached, the job's row ends an attempt: after four minutes, or after an hour in which the aggregator
 * has asked for pauses. A login may also wait for another job for a day. `MaxAttempts` must never be reached first.
 */
const UNREACHABLE_WHILE_OPENING = { ...UNREACHABLE, maxAttempts: 500 };

/**
 * No other state handles a failure of the last Task, so it is retried for about a day: after 5, 10, 20 s and so on, up to 15
 * minutes.
 */
const LASTING = {
  errors: ["States.ALL"],
  interval: Duration.seconds(5),
  maxAttempts: 100,
  backoffRate: 2,
  maxDelay: Duration.minutes(15),
};

/**
 * Lambda fails, or the account's limit of concurrent functions is reached, for example when many queued jobs start after their
 * bank recovers. A new account has ten functions at once, so no job ends because functions are scarce: 200 attempts last for
 * more than three hours.
 */
const LAMBDA = {
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

/**
 * Returns the first state of the workflow. State inputs hold only the job's id and small values; Tasks write all results to
 * the job's row.
 */
export function workflowDefinition(scope: Construct, tasks: TaskFunctions): IChainable {
  const over = new Succeed(scope, "The job is over");
  const givenUp = new Fail(scope, "The job was given up", { error: "GivenUp" });

  const open = new LambdaInvoke(scope, "Open the connection", {
    lambdaFunction: tasks.openConnection,
    payload: TaskInput.fromObject(job),
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
  });
  const follow = new LambdaInvoke(scope, "Follow the job", {
    lambdaFunction: tasks.followJob,
    payload: TaskInput.fromObject(job),
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
  });
  const ask = new LambdaInvoke(scope, "Ask for the answer", {
    lambdaFunction: tasks.askForAnswer,
    integrationPattern: IntegrationPattern.WAIT_FOR_TASK_TOKEN,
    payload: TaskInput.fromObject({ ...job, taskToken: JsonPath.taskToken }),
    taskTimeout: Timeout.at("$.timeoutSeconds"),
    retryOnServiceExceptions: false,
    resultPath: JsonPath.DISCARD,
  });
  const send = new LambdaInvoke(scope, "Send the answer", {
    lambdaFunction: tasks.sendAnswer,
    payload: TaskInput.fromObject(job),
    payloadResponseOnly: true,
    retryOnServiceExceptions: false,
  });
  const giveUp = new LambdaInvoke(scope, "Give up", {
    lambdaFunction: tasks.giveUp,
    payload: TaskInput.fromObject({ ...job, failure: JsonPath.stringAt("$.failure.Error") }),
    payloadResponseOnly: true,
  });
  const waitForTheBank = new Wait(scope, "Wait for the bank", {
    time: WaitTime.secondsPath("$.waitSeconds"),
  });
  // After a pause that the aggregator asked for, and while a login waits for another job.
  const pause = new Wait(scope, "Pause", {
    time: WaitTime.secondsPath("$.waitSeconds"),
  });

  ask.addCatch(send, { errors: ["States.Timeout"], resultPath: JsonPath.DISCARD });
  open.addRetry(UNREACHABLE_WHILE_OPENING).addRetry(PASSING);
  for (const task of [follow, ask, send]) task.addRetry(UNREACHABLE).addRetry(PASSING);
  for (const task of [open, follow, ask, send]) task.addRetry(LAMBDA);
  for (const task of [open, follow, ask, send]) task.addCatch(giveUp, { resultPath: "$.failure" });
  giveUp.addRetry(LASTING);

  const said = new Choice(scope, "What did the bank say?")
    // Functions of another version may return no `next`, and a Choice has no Catch. Following the job then finds the next
    // state.
    .when(Condition.isNotPresent("$.next"), follow)
    .when(Condition.stringEquals("$.next", "done"), over)
    .when(Condition.stringEquals("$.next", "ask"), ask)
    .when(Condition.isNotPresent("$.waitSeconds"), open)
    .when(Condition.stringEquals("$.next", "hold"), pause)
    .otherwise(waitForTheBank);

  // Opening and sending also poll the job for one slice, because a state transition costs more than most slices.
  for (const task of [open, follow, send]) task.next(said);
  waitForTheBank.next(follow);
  pause.next(open);
  ask.next(send);
  giveUp.next(givenUp);
  return open;
}
