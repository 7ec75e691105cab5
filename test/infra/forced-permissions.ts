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
