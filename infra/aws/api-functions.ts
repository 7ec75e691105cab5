import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Connect } from "../../functions/access/caller.ts";
import { entryOf, REFUSE_ENTRY, type ROUTES } from "../../functions/routes.ts";
import { grantIndex, grantRows, grantSealing, grantSecrets } from "./grants.ts";
import type { Keys } from "./keys.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsNamespace } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";
import { grantUpstream, type Upstream, upstreamEnvironment } from "./upstream.ts";
import type { Workflow } from "./workflow.ts";

/** The options of the HTTP API's format. */
export interface WireOptions {
  /** `list` wraps step results in a list, as the published prose shows them. */
  stepResults: "object" | "list";
  /** Allows client tokens without a user id, which old 2.1 clients request. */
  allowUnboundClientTokens: boolean;
  /** Who takes logins. */
  connect: Connect;
  /** For how long the reply to an MFA answer waits for the bank's decision. */
  answerWaitSeconds: number;
}

export interface ApiFunctionsProps {
  tables: Tables;
  keys: Keys;
  upstream: Upstream;
  shared: SharedOptions;
  wire: WireOptions;
  workflow: Workflow;
  apiUrl: string;
}

/** Must be less than 30 s: after 30 s the gateway replies in place of the function. */
const API_TIMEOUT = Duration.seconds(29);

/**
 * Each size is the smallest at which doubling the memory, and with it the CPU share, shortens the first reply by less than one
 * second. `docs/reference/bench.md` has the curves.
 */
const MEMORY_MB: { readonly [route in keyof typeof ROUTES | "refuse"]: number } = {
  "issue-token": 256,
  "create-connection": 512,
  "update-connection": 384,
  "refresh-connection": 384,
  "refresh-connections": 512,
  "list-jobs": 384,
  "get-job": 384,
  "cancel-job": 384,
  "resume-job": 384,
  "answer-mfa": 384,
  health: 128,
  refuse: 128,
};

/**
 * Creates one function per route, and one function that refuses all other requests. Each function has only the environment and
 * the permissions that it needs.
 */
export class ApiFunctions extends Construct {
  readonly byRoute: { [route in keyof typeof ROUTES]: LambdaFunction };
  readonly refuse: LambdaFunction;
  readonly #shared: SharedOptions;

  constructor(scope: Construct, id: string, props: ApiFunctionsProps) {
    super(scope, id);
    const { tables, keys, workflow } = props;
    this.#shared = props.shared;
    const signing = { SIGNING_KEY_ID: keys.signing.keyArn };
    const { stepResults, allowUnboundClientTokens, connect, answerWaitSeconds } = props.wire;
    const listing = {
      JOBS_TABLE: tables.jobs.tableName,
      ...signing,
      API_URL: props.apiUrl,
      STEP_RESULTS: stepResults,
    };
    const api = { ...listing, ...tables.jobsEnvironment };
    const measured = { ...api, METRICS_NAMESPACE: metricsNamespace(this) };
    const kept = {
      ...measured,
      SECRETS_TABLE: tables.secrets.tableName,
      SEALING_KEY_ID: keys.sealing.keyArn,
    };

    const driving = { STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn };
    const accepting = { ...kept, ...upstreamEnvironment(props.upstream), ...driving };
    const takingLogins = { ...accepting, CONNECT: connect };

    this.byRoute = {
      "issue-token": this.#endpoint("IssueToken", "issue-token", {
        ...signing,
        JOBS_TABLE: tables.jobs.tableName,
        ALLOW_UNBOUND_CLIENT_TOKENS: String(allowUnboundClientTokens),
      }),
      "create-connection": this.#endpoint("CreateConnection", "create-connection", takingLogins),
      "update-connection": this.#endpoint("UpdateConnection", "update-connection", takingLogins),
      "refresh-connection": this.#endpoint("RefreshConnection", "refresh-connection", accepting),
      "refresh-connections": this.#endpoint("RefreshConnections", "refresh-connections", accepting),
      "list-jobs": this.#endpoint("ListJobs", "list-jobs", listing),
      "get-job": this.#endpoint("GetJob", "get-job", api),
      "cancel-job": this.#endpoint("CancelJob", "cancel-job", { ...kept, ...driving }),
      "resume-job": this.#endpoint("ResumeJob", "resume-job", { ...measured, ...driving }),
      "answer-mfa": this.#endpoint("AnswerMfa", "answer-mfa", {
        ...kept,
        ANSWER_WAIT_SECONDS: String(answerWaitSeconds),
      }),
      health: this.#endpoint("Health", "health", {}),
    };
    this.refuse = this.#function("Refuse", REFUSE_ENTRY, MEMORY_MB.refuse, {});
    this.#grant(props);
  }

  get all(): readonly LambdaFunction[] {
    return [...Object.values(this.byRoute), this.refuse];
  }

  #grant({ tables, keys, workflow, upstream }: ApiFunctionsProps) {
    const { "issue-token": issueToken, health: _, ...verifying } = this.byRoute;
    const { "get-job": getJob, "list-jobs": listJobs, "answer-mfa": answerMfa } = this.byRoute;
    const { "cancel-job": cancelJob, "resume-job": resumeJob } = this.byRoute;
    const { "create-connection": createConnection, "update-connection": updateConnection } = this.byRoute;
    const { "refresh-connection": refreshConnection, "refresh-connections": refreshConnections } =
      this.byRoute;
    const takingLogins = [createConnection, updateConnection];

    grantRows(tables, issueToken, ["api-key"], "GetItem");
    grantRows(tables, issueToken, ["rate#token"], "UpdateItem");
    keys.signing.grant(issueToken, "kms:Sign");
    for (const endpoint of Object.values(verifying)) keys.signing.grant(endpoint, "kms:GetPublicKey");

    for (const endpoint of [...takingLogins, refreshConnection, refreshConnections]) {
      grantRows(tables, endpoint, ["job", "claim"], "GetItem", "PutItem");
      grantRows(tables, endpoint, ["job"], "DeleteItem");
      grantRows(tables, endpoint, ["idempotency"], "GetItem", "PutItem");
      grantSealing(keys.sealing, endpoint, "Encrypt", "idempotency");
      grantSealing(keys.sealing, endpoint, "Decrypt", "idempotency");
      grantUpstream(upstream, endpoint);
      workflow.stateMachine.grantStartExecution(endpoint);
    }
    for (const endpoint of [...takingLogins, refreshConnection, refreshConnections, resumeJob, answerMfa]) {
      grantRows(tables, endpoint, ["rate#user"], "UpdateItem");
    }
    // `refresh-connections` is missing here: it refuses a request before it stores the idempotency record, or never, so it has
    // no record to delete.
    for (const endpoint of [...takingLogins, refreshConnection]) {
      grantRows(tables, endpoint, ["idempotency"], "DeleteItem");
    }
    for (const endpoint of takingLogins) {
      grantRows(tables, endpoint, ["refused"], "GetItem");
      grantSecrets(tables, endpoint, "PutItem", "DeleteItem");
      grantSealing(keys.sealing, endpoint, "Encrypt", "login");
    }

    grantRows(tables, getJob, ["job"], "GetItem");
    grantIndex(tables, listJobs, "listed-by-age", "user");
    grantRows(tables, listJobs, ["job"], "BatchGetItem");

    grantRows(tables, cancelJob, ["job"], "GetItem", "PutItem", "UpdateItem");
    grantSecrets(tables, cancelJob, "DeleteItem");
    workflow.grantExecutions(cancelJob, "StopExecution");

    grantRows(tables, resumeJob, ["job"], "GetItem", "PutItem");
    workflow.grantExecutions(resumeJob, "StopExecution");
    workflow.stateMachine.grantStartExecution(resumeJob);

    grantRows(tables, answerMfa, ["job"], "GetItem", "PutItem");
    grantSecrets(tables, answerMfa, "PutItem", "DeleteItem");
    grantSealing(keys.sealing, answerMfa, "Encrypt", "answer-*");
    grantSealing(keys.sealing, answerMfa, "Decrypt", "task-token");
    workflow.grantWaking(answerMfa);
  }

  #endpoint(id: string, name: keyof typeof ROUTES, environment: Record<string, string>): LambdaFunction {
    return this.#function(id, entryOf(name), MEMORY_MB[name], environment);
  }

  #function(
    id: string,
    entry: string,
    memoryMb: number,
    environment: Record<string, string>,
  ): LambdaFunction {
    return nodeFunction(this, id, {
      entry,
      memoryMb,
      timeout: API_TIMEOUT,
      environment,
      shared: this.#shared,
    });
  }
}
