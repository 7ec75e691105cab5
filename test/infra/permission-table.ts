import type { Permission } from "./statements.ts";

/** Rows of the jobs table by what their key begins with. */
export const rows = (...patterns: string[]) => ({
  "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns },
});
/** Secrets by what they are for. */
const purpose = (pattern: string) => ({
  StringLike: { "kms:EncryptionContext:purpose": [pattern] },
});

const ANY_EXECUTION = "execution:WorkflowStateMachine:*";
const START: Permission = ["states:StartExecution", "WorkflowStateMachine"];
const STOP: Permission = ["states:StopExecution", ANY_EXECUTION];
const WAKE: Permission = ["states:SendTaskSuccess", "WorkflowStateMachine"];

const READ_AND_WRITE_JOBS: readonly Permission[] = [
  ["dynamodb:GetItem", "TablesJobs", rows("job#*")],
  ["dynamodb:PutItem", "TablesJobs", rows("job#*")],
];
/** Notes that a job has left nothing to destroy. */
const SETTLE: Permission = ["dynamodb:UpdateItem", "TablesJobs", rows("job#*")];
/** The name of a secret is followed by six characters that AWS chooses. */
const READ_UPSTREAM_KEY: Permission = [
  "secretsmanager:GetSecretValue",
  "secret:connection-jobs/upstream-api-key-??????",
];
const VERIFY_TOKENS: readonly Permission[] = [["kms:GetPublicKey", "KeysSigning"]];

/** Recognizes a request that comes again with its key. */
const KEEP_REQUESTS: readonly Permission[] = [
  ["dynamodb:GetItem", "TablesJobs", rows("idempotency#*")],
  ["dynamodb:PutItem", "TablesJobs", rows("idempotency#*")],
  ["kms:Encrypt", "KeysSealing", purpose("idempotency")],
  ["kms:Decrypt", "KeysSealing", purpose("idempotency")],
];
/** One that is refused leaves nothing. */
const FORGET_REQUESTS: Permission = ["dynamodb:DeleteItem", "TablesJobs", rows("idempotency#*")];

/** One more request of the job's user. */
const COUNT_POSTS: Permission = ["dynamodb:UpdateItem", "TablesJobs", rows("rate#user#*")];

const ACCEPT_JOBS: readonly Permission[] = [
  ...VERIFY_TOKENS,
  ...KEEP_REQUESTS,
  COUNT_POSTS,
  ["dynamodb:GetItem", "TablesJobs", rows("job#*", "claim#*")],
  ["dynamodb:PutItem", "TablesJobs", rows("job#*", "claim#*")],
  ["dynamodb:DeleteItem", "TablesJobs", rows("job#*")],
  READ_UPSTREAM_KEY,
  START,
];
const ACCEPT_LOGINS: readonly Permission[] = [
  ...ACCEPT_JOBS,
  FORGET_REQUESTS,
  ["dynamodb:GetItem", "TablesJobs", rows("refused#*")],
  ["dynamodb:PutItem", "TablesSecrets"],
  ["dynamodb:DeleteItem", "TablesSecrets"],
  ["kms:Encrypt", "KeysSealing", purpose("login")],
];
/** Looks at upstream's job, claims its connection, and notes what the bank said of the login. */
const FOLLOW: readonly Permission[] = [
  ...READ_AND_WRITE_JOBS,
  SETTLE,
  ["dynamodb:GetItem", "TablesJobs", rows("claim#*", "refused#*")],
  ["dynamodb:PutItem", "TablesJobs", rows("claim#*", "refused#*")],
  ["dynamodb:DeleteItem", "TablesJobs", rows("refused#*")],
  ["dynamodb:DeleteItem", "TablesSecrets"],
  READ_UPSTREAM_KEY,
];

/** All that each function may do, beside writing its log. */
export const PERMISSIONS: { [entry: string]: readonly Permission[] } = {
  "functions/access/issue-token.lambda.ts": [
    ["dynamodb:GetItem", "TablesJobs", rows("api-key#*")],
    ["dynamodb:UpdateItem", "TablesJobs", rows("rate#token#*")],
    ["kms:Sign", "KeysSigning"],
  ],
  "functions/jobs/api/create-connection.lambda.ts": ACCEPT_LOGINS,
  "functions/jobs/api/update-connection.lambda.ts": ACCEPT_LOGINS,
  "functions/jobs/api/refresh-connection.lambda.ts": [...ACCEPT_JOBS, FORGET_REQUESTS],
  "functions/jobs/api/refresh-connections.lambda.ts": ACCEPT_JOBS,
  "functions/jobs/api/list-jobs.lambda.ts": [
    ...VERIFY_TOKENS,
    ["dynamodb:Query", "TablesJobs/index/listed-by-age", rows("user#*")],
    ["dynamodb:BatchGetItem", "TablesJobs", rows("job#*")],
  ],
  "functions/jobs/api/get-job.lambda.ts": [
    ...VERIFY_TOKENS,
    ["dynamodb:GetItem", "TablesJobs", rows("job#*")],
  ],
  "functions/jobs/api/cancel-job.lambda.ts": [
    ...VERIFY_TOKENS,
    ...READ_AND_WRITE_JOBS,
    SETTLE,
    ["dynamodb:DeleteItem", "TablesSecrets"],
    STOP,
  ],
  "functions/jobs/api/resume-job.lambda.ts": [
    ...VERIFY_TOKENS,
    ...READ_AND_WRITE_JOBS,
    COUNT_POSTS,
    STOP,
    START,
  ],
  "functions/jobs/api/answer-mfa.lambda.ts": [
    ...VERIFY_TOKENS,
    ...READ_AND_WRITE_JOBS,
    COUNT_POSTS,
    ["dynamodb:PutItem", "TablesSecrets"],
    ["dynamodb:DeleteItem", "TablesSecrets"],
    ["kms:Encrypt", "KeysSealing", purpose("answer-*")],
    ["kms:Decrypt", "KeysSealing", purpose("task-token")],
    WAKE,
  ],
  "functions/http/health.lambda.ts": [],
  "functions/http/refuse.lambda.ts": [],
  "functions/jobs/workflow/open-connection.lambda.ts": [
    ...FOLLOW,
    ["dynamodb:GetItem", "TablesSecrets"],
    ["kms:Decrypt", "KeysSealing", purpose("login")],
  ],
  "functions/jobs/workflow/follow-job.lambda.ts": FOLLOW,
  "functions/jobs/workflow/ask-for-answer.lambda.ts": [
    ...READ_AND_WRITE_JOBS,
    ["kms:Encrypt", "KeysSealing", purpose("task-token")],
    WAKE,
  ],
  "functions/jobs/workflow/send-answer.lambda.ts": [
    ...FOLLOW,
    ["dynamodb:GetItem", "TablesSecrets"],
    ["kms:Decrypt", "KeysSealing", purpose("answer-*")],
  ],
  "functions/jobs/workflow/give-up.lambda.ts": [
    ...READ_AND_WRITE_JOBS,
    SETTLE,
    ["dynamodb:DeleteItem", "TablesSecrets"],
  ],
  "functions/jobs/workflow/sweep.lambda.ts": [
    ["dynamodb:Query", "TablesJobs/index/swept-by-time", rows("queued#*", "running#*")],
    ...READ_AND_WRITE_JOBS,
    SETTLE,
    ["dynamodb:DeleteItem", "TablesJobs", rows("job#*")],
    ["dynamodb:GetItem", "TablesJobs", rows("claim#*")],
    ["dynamodb:PutItem", "TablesJobs", rows("claim#*")],
    ["dynamodb:GetItem", "TablesSecrets"],
    ["dynamodb:DeleteItem", "TablesSecrets"],
    ["kms:Decrypt", "KeysSealing", purpose("task-token")],
    WAKE,
    START,
    STOP,
    ["states:DescribeExecution", ANY_EXECUTION],
    ["sqs:SendMessage", "SweeperDeadLetters"],
  ],
};
