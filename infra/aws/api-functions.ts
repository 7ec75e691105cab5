import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { ROUTES } from "../../functions/wire/routes.ts";
import { grantRows, grantSealing, grantSecrets } from "./grants.ts";
import type { Keys } from "./keys.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsNamespace } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";
import { grantUpstream, type Upstream, upstreamEnvironment } from "./upstream.ts";
import type { Workflow } from "./workflow.ts";

/** What of the wire a deployment may choose. */
export interface WireOptions {
  /** `list` wraps results as the published prose shows them. */
  stepResults: "object" | "list";
  /** Client tokens that name no user, as old 2.1 programs ask for. */
  allowUnboundClientTokens: boolean;
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

/** Just under the 30 s after which the gateway answers in our place. */
const API_TIMEOUT = Duration.seconds(29);

/** A function per route, and one that refuses everything else, each with just what it needs. */
export class ApiFunctions extends Construct {
  readonly byRoute: { [route in keyof typeof ROUTES]: LambdaFunction };
  readonly refuse: LambdaFunction;
  readonly #shared: SharedOptions;

  constructor(scope: Construct, id: string, props: ApiFunctionsProps) {
    super(scope, id);
    const { tables, keys, workflow } = props;
    this.#shared = props.shared;
    const signing = { SIGNING_KEY_ID: keys.signing.keyArn };
    const { stepResults, allowUnboundClientTokens } = props.wire;
    const api = {
      ...tables.jobsEnvironment,
      ...signing,
      API_URL: props.apiUrl,
      STEP_RESULTS: stepResults,
    };
    const measured = { ...api, METRICS_NAMESPACE: metricsNamespace(this) };
    const kept = {
      ...measured,
      SECRETS_TABLE: tables.secrets.tableName,
      SEALING_KEY_ID: keys.sealing.keyArn,
    };

    this.byRoute = {
      "issue-token": this.#endpoint("IssueToken", "issue-token", {
        ...signing,
        JOBS_TABLE: tables.jobs.tableName,
        ALLOW_UNBOUND_CLIENT_TOKENS: String(allowUnboundClientTokens),
      }),
      "create-connection": this.#endpoint("CreateConnection", "create-connection", {
        ...kept,
        ...upstreamEnvironment(props.upstream),
        STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn,
      }),
      "get-job": this.#endpoint("GetJob", "get-job", api),
      "answer-mfa": this.#endpoint("AnswerMfa", "answer-mfa", kept),
      health: this.#endpoint("Health", "health", {}),
    };
    this.refuse = this.#endpoint("Refuse", "refuse", {});
    this.#grant(props);
  }

  get all(): readonly LambdaFunction[] {
    return [...Object.values(this.byRoute), this.refuse];
  }

  #grant({ tables, keys, workflow, upstream }: ApiFunctionsProps) {
    const issueToken = this.byRoute["issue-token"];
    const createConnection = this.byRoute["create-connection"];
    const getJob = this.byRoute["get-job"];
    const answerMfa = this.byRoute["answer-mfa"];

    grantRows(tables, issueToken, ["api-key"], "GetItem");
    keys.signing.grant(issueToken, "kms:Sign");
    for (const endpoint of [createConnection, getJob, answerMfa]) {
      keys.signing.grant(endpoint, "kms:GetPublicKey");
    }

    grantRows(tables, createConnection, ["job", "claim"], "GetItem", "PutItem");
    grantRows(tables, createConnection, ["job"], "DeleteItem");
    grantSecrets(tables, createConnection, "PutItem", "DeleteItem");
    grantSealing(keys.sealing, createConnection, "Encrypt", "login");
    grantUpstream(upstream, createConnection);
    workflow.stateMachine.grantStartExecution(createConnection);

    grantRows(tables, getJob, ["job"], "GetItem");

    grantRows(tables, answerMfa, ["job"], "GetItem", "PutItem");
    grantSecrets(tables, answerMfa, "PutItem", "DeleteItem");
    grantSealing(keys.sealing, answerMfa, "Encrypt", "answer-*");
    grantSealing(keys.sealing, answerMfa, "Decrypt", "task-token");
    workflow.grantWaking(answerMfa);
  }

  #endpoint(id: string, name: string, environment: Record<string, string>): LambdaFunction {
    return nodeFunction(this, id, {
      entry: `functions/api/${name}.lambda.ts`,
      timeout: API_TIMEOUT,
      environment,
      shared: this.#shared,
    });
  }
}
