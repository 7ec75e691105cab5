import type { Permission } from "./statements.ts";

/** Rows of the jobs table by what their key begins with. */
export const rows = (...patterns: string[]) => ({
  "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns },
});
/** Secrets by what they are for. */
const purpose = (pattern: string) => ({
  StringLike: { "kms:EncryptionContext:purpose": [pattern] },
});

const READ_AND_WRITE_JOBS: readonly Permission[] = [
  ["dynamodb:GetItem", "TablesJobs", rows("job#*")],
  ["dynamodb:PutItem", "TablesJobs", rows("job#*")],
];
/** The name of a secret is followed by six characters that AWS chooses. */
const READ_UPSTREAM_KEY: Permission = [
  "secretsmanager:GetSecretValue",
  "secret:connection-jobs/upstream-api-key-??????",
];
const VERIFY_TOKENS: readonly Permission[] = [["kms:GetPublicKey", "KeysSigning"]];

/** All that each function may do, beside writing its log. */
export const PERMISSIONS: { [entry: string]: readonly Permission[] } = {
  "functions/api/issue-token.lambda.ts": [
    ["dynamodb:GetItem", "TablesJobs", rows("api-key#*")],
    ["kms:Sign", "KeysSigning"],
  ],
  "functions/api/create-connection.lambda.ts": [
    ...VERIFY_TOKENS,
    ["dynamodb:GetItem", "TablesJobs", rows("job#*", "claim#*")],
    ["dynamodb:PutItem", "TablesJobs", rows("job#*", "claim#*")],
    ["dynamodb:DeleteItem", "TablesJobs", rows("job#*")],
    ["dynamodb:PutItem", "TablesSecrets"],
    ["dynamodb:DeleteItem", "TablesSecrets"],
    ["kms:Encrypt", "KeysSealing", purpose("login")],
    READ_UPSTREAM_KEY,
    ["states:StartExecution", "WorkflowStateMachine"],
  ],
  "functions/api/get-job.lambda.ts": [...VERIFY_TOKENS, ["dynamodb:GetItem", "TablesJobs", rows("job#*")]],
  "functions/api/answer-mfa.lambda.ts": [
    ...VERIFY_TOKENS,
    ...READ_AND_WRITE_JOBS,
    ["dynamodb:PutItem", "TablesSecrets"],
    ["dynamodb:DeleteItem", "TablesSecrets"],
    ["kms:Encrypt", "KeysSealing", purpose("answer-*")],
    ["kms:Decrypt", "KeysSealing", purpose("task-token")],
    ["states:SendTaskSuccess", "WorkflowStateMachine"],
  ],
  "functions/api/health.lambda.ts": [],
  "functions/api/refuse.lambda.ts": [],
  "functions/workflow/open-connection.lambda.ts": [
    ...READ_AND_WRITE_JOBS,
    ["dynamodb:GetItem", "TablesSecrets"],
    ["dynamodb:DeleteItem", "TablesSecrets"],
    ["kms:Decrypt", "KeysSealing", purpose("login")],
    READ_UPSTREAM_KEY,
  ],
  "functions/workflow/follow-job.lambda.ts": [
    ...READ_AND_WRITE_JOBS,
    ["dynamodb:DeleteItem", "TablesSecrets"],
    READ_UPSTREAM_KEY,
  ],
  "functions/workflow/ask-for-answer.lambda.ts": [
    ...READ_AND_WRITE_JOBS,
    ["kms:Encrypt", "KeysSealing", purpose("task-token")],
    ["states:SendTaskSuccess", "WorkflowStateMachine"],
  ],
  "functions/workflow/send-answer.lambda.ts": [
    ...READ_AND_WRITE_JOBS,
    ["dynamodb:GetItem", "TablesSecrets"],
    ["dynamodb:DeleteItem", "TablesSecrets"],
    ["kms:Decrypt", "KeysSealing", purpose("answer-*")],
    READ_UPSTREAM_KEY,
  ],
  "functions/workflow/give-up.lambda.ts": [...READ_AND_WRITE_JOBS, ["dynamodb:DeleteItem", "TablesSecrets"]],
};
