import type { Permission } from "./statements.ts";

const TASKS = ["AskForAnswer", "FollowJob", "GiveUp", "OpenConnection", "SendAnswer"];
const LOG_DELIVERY = [
  "CreateLogDelivery",
  "DeleteLogDelivery",
  "DescribeLogGroups",
  "DescribeResourcePolicies",
  "GetLogDelivery",
  "ListLogDeliveries",
  "PutResourcePolicy",
  "UpdateLogDelivery",
];

/** Lambda writes the log of a function, by its role; no call of ours does. */
export const LOG_WRITING = ["logs:CreateLogStream", "logs:PutLogEvents"];

/** What Lambda does by a function's role: beside the log, it puts a run that failed into the dead letters. */
export const DONE_BY_LAMBDA = [...LOG_WRITING, "sqs:SendMessage"];

const ANY_EXECUTION = "execution:WorkflowStateMachine:*";

/** Wide, and needed: an execution is named after its job, and those jobs are still to come. */
export const OF_ANY_EXECUTION: readonly Permission[] = [
  ["states:StopExecution", ANY_EXECUTION],
  ["states:StopExecution", ANY_EXECUTION],
  ["states:StopExecution", ANY_EXECUTION],
  ["states:DescribeExecution", ANY_EXECUTION],
];

/** What is wider than our calls need, by what forces it. */
export const FORCED_BY: { readonly [reason: string]: readonly Permission[] } = {
  "AWS: the account keeps control of its two keys": [
    ["kms:*", "*"],
    ["kms:*", "*"],
  ],
  "AWS: the delivery of the state machine's log knows no resources": LOG_DELIVERY.map((action) => [
    `logs:${action}`,
    "*",
  ]),
  "the CDK: the versions of the one function that each Task invokes": TASKS.map((task) => [
    "lambda:InvokeFunction",
    `Tasks${task}:*`,
  ]),
};

export const FORCED = Object.values(FORCED_BY).flat();
