import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import type { Connect } from "../../functions/access/caller.ts";
import { BRAND_FILE } from "../../functions/platform/bundle-files.ts";
import { type EndpointName, entryOf, REFUSE_ENTRY } from "../../functions/routes.ts";
import {
  grantErasing,
  grantEventIndexes,
  grantEvents,
  grantIndex,
  grantLinkSecrets,
  grantMessageIndexes,
  grantReading,
  grantRows,
  grantSealing,
  grantSecrets,
  grantWebhookSecrets,
} from "./grants.ts";
import type { Keys } from "./keys.ts";
import { type FileBesideBundle, nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsEnvironment } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";
import { grantUpstream, type Upstream, upstreamEnvironment, webhookEnvironment } from "./upstream.ts";
import type { Webhooks } from "./webhooks.ts";
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
  /** How many requests may wait at a time for a change of a job, or for the bank's decision on an answer. */
  waiters: number;
  /** How many jobs may run at a time before further ones are refused. 0: as many as come. */
  maxRunningJobs: number;
  /** The name of the application that pages show to persons. Default: "the app that sent you this link", in their language. */
  appName: string;
  /** The addresses to which persons may go back after a link, compared whole. Default: none. */
  returnUrls: readonly string[];
  /** The address of the aggregator's Consent UI. Default: that of Basiq. */
  consentUiUrl: string;
}

export interface ApiFunctionsProps {
  tables: Tables;
  keys: Keys;
  upstream: Upstream;
  shared: SharedOptions;
  wire: WireOptions;
  /** What a deployment changes on pages for people, as JSON. */
  pageBrand: string | undefined;
  workflow: Workflow;
  webhooks: Webhooks;
  maxWebhooks: number;
  /** An adopted job fails when the aggregator has not finished it after this many minutes. */
  followLimitMinutes: number;
  ownUrls: string;
  apiUrl: string;
}

/** Must be less than 30 s: after 30 s the gateway replies in place of the function. */
const API_TIMEOUT = Duration.seconds(29);

/**
 * Each size is the smallest at which doubling the memory, and with it the CPU share, shortens the first reply by less than one
 * second. `docs/reference/bench.md` has the curves.
 */
const MEMORY_MB: { readonly [endpoint in EndpointName | "refuse"]: number } = {
  "issue-token": 256,
  "create-connection": 512,
  "update-connection": 384,
  "refresh-connection": 384,
  "refresh-connections": 512,
  "list-jobs": 384,
  "adopt-jobs": 384,
  "get-job": 384,
  // Waits for most of its time, so that its memory decides its price.
  "job-changes": 128,
  "cancel-job": 384,
  "resume-job": 384,
  "answer-mfa": 384,
  "read-events": 384,
  webhooks: 384,
  "connect-page": 512,
  // As `job-changes`.
  "connect-changes": 128,
  "pass-through": 256,
  "delete-connection": 384,
  "erase-user": 384,
  "auth-links": 256,
  "open-link": 256,
  "consent-return": 384,
  // Holds a statement of 4.5 MB several times.
  "create-statement": 384,
  "receive-notification": 256,
  "institution-health": 384,
  health: 128,
  openapi: 128,
  refuse: 128,
};

/**
 * Creates one function per endpoint, and one function that refuses all other requests. Each function has only the environment and
 * the permissions that it needs.
 */
export class ApiFunctions extends Construct {
  readonly byEndpoint: { [endpoint in EndpointName]: LambdaFunction };
  readonly refuse: LambdaFunction;
  readonly #shared: SharedOptions;
  readonly #pageBrand: string | undefined;

  constructor(scope: Construct, id: string, props: ApiFunctionsProps) {
    super(scope, id);
    const { tables, keys, workflow } = props;
    this.#shared = props.shared;
    this.#pageBrand = props.pageBrand;
    const signing = { SIGNING_KEY_ID: keys.signing.keyArn };
    const { stepResults, allowUnboundClientTokens, connect, answerWaitSeconds, waiters } = props.wire;
    const { appName, returnUrls, consentUiUrl, maxRunningJobs } = props.wire;
    const waiting = { WAITERS: String(waiters) };
    const showing = { APP_NAME: appName };
    const listing = {
      JOBS_TABLE: tables.jobs.tableName,
      ...signing,
      API_URL: props.apiUrl,
      STEP_RESULTS: stepResults,
    };
    const api = { ...listing, ...tables.jobsEnvironment };
    const measured = { ...api, ...metricsEnvironment(this, props.shared) };
    const stored = {
      ...measured,
      SECRETS_TABLE: tables.secrets.tableName,
      SEALING_KEY_ID: keys.sealing.keyArn,
    };

    const driving = { STATE_MACHINE_ARN: workflow.stateMachine.stateMachineArn };
    const beginning = { MAX_RUNNING_JOBS: String(maxRunningJobs) };
    const accepting = { ...stored, ...upstreamEnvironment(props.upstream), ...driving, ...beginning };
    const takingLogins = { ...accepting, CONNECT: connect };

    const following = { ...driving, FOLLOW_LIMIT_MINUTES: String(props.followLimitMinutes) };
    const adopting = { ...measured, ...upstreamEnvironment(props.upstream), ...following };

    const passing = {
      ...signing,
      JOBS_TABLE: tables.jobs.tableName,
      API_URL: props.apiUrl,
      ...metricsEnvironment(this, props.shared),
      ...upstreamEnvironment(props.upstream),
    };
    const settling = {
      ...passing,
      ...driving,
      ...tables.jobsEnvironment,
      SECRETS_TABLE: tables.secrets.tableName,
      SEALING_KEY_ID: keys.sealing.keyArn,
    };

    const linking = {
      JOBS_TABLE: tables.jobs.tableName,
      API_URL: props.apiUrl,
      CONNECT: connect,
      ...metricsEnvironment(this, props.shared),
      ...upstreamEnvironment(props.upstream),
    };

    this.byEndpoint = {
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
      "adopt-jobs": this.#endpoint("AdoptJobs", "adopt-jobs", adopting),
      "get-job": this.#endpoint("GetJob", "get-job", api),
      "job-changes": this.#endpoint("JobChanges", "job-changes", { ...api, ...waiting }),
      "cancel-job": this.#endpoint("CancelJob", "cancel-job", { ...stored, ...driving }),
      "resume-job": this.#endpoint("ResumeJob", "resume-job", { ...measured, ...driving }),
      "answer-mfa": this.#endpoint("AnswerMfa", "answer-mfa", {
        ...stored,
        ...waiting,
        ANSWER_WAIT_SECONDS: String(answerWaitSeconds),
      }),
      "read-events": this.#endpoint("ReadEvents", "read-events", {
        EVENTS_TABLE: tables.events.tableName,
        ...signing,
        API_URL: props.apiUrl,
        STEP_RESULTS: stepResults,
      }),
      webhooks: this.#endpoint("Webhooks", "webhooks", {
        EVENTS_TABLE: tables.events.tableName,
        SECRETS_TABLE: tables.secrets.tableName,
        SEALING_KEY_ID: keys.sealing.keyArn,
        ...signing,
        API_URL: props.apiUrl,
        MAX_WEBHOOKS: String(props.maxWebhooks),
        OWN_URLS: props.ownUrls,
        ...props.webhooks.environment,
      }),
      "connect-page": this.#page("ConnectPage", "connect-page", {
        ...linking,
        ...tables.jobsEnvironment,
        EVENTS_TABLE: tables.events.tableName,
        ...driving,
        ...beginning,
        SECRETS_TABLE: tables.secrets.tableName,
        SEALING_KEY_ID: keys.sealing.keyArn,
        ...showing,
      }),
      "connect-changes": this.#page("ConnectChanges", "connect-changes", {
        ...tables.jobsEnvironment,
        ...showing,
        ...waiting,
        API_URL: props.apiUrl,
      }),
      "pass-through": this.#endpoint("PassThrough", "pass-through", passing),
      "delete-connection": this.#endpoint("DeleteConnection", "delete-connection", settling),
      "erase-user": this.#endpoint("EraseUser", "erase-user", {
        ...settling,
        ...props.webhooks.environment,
        EVENTS_TABLE: tables.events.tableName,
      }),
      "create-statement": this.#endpoint("CreateStatement", "create-statement", adopting),
      "receive-notification": this.#endpoint("ReceiveNotification", "receive-notification", {
        EVENTS_TABLE: tables.events.tableName,
        ...webhookEnvironment(props.upstream),
      }),
      "auth-links": this.#endpoint("AuthLinks", "auth-links", {
        ...linking,
        ...signing,
        SECRETS_TABLE: tables.secrets.tableName,
        SEALING_KEY_ID: keys.sealing.keyArn,
        RETURN_URLS: returnUrls.join(","),
      }),
      "open-link": this.#page("OpenLink", "open-link", {
        ...linking,
        CONSENT_UI_URL: consentUiUrl,
        ...showing,
      }),
      "consent-return": this.#page("ConsentReturn", "consent-return", {
        ...tables.jobsEnvironment,
        ...showing,
        API_URL: props.apiUrl,
        ...metricsEnvironment(this, props.shared),
        ...upstreamEnvironment(props.upstream),
        ...following,
      }),
      "institution-health": this.#endpoint("InstitutionHealth", "institution-health", {
        ...signing,
        API_URL: props.apiUrl,
        JOBS_TABLE: tables.jobs.tableName,
        EVENTS_TABLE: tables.events.tableName,
        ...metricsEnvironment(this, props.shared),
        ...upstreamEnvironment(props.upstream),
      }),
      health: this.#endpoint("Health", "health", {}),
      openapi: this.#endpoint("OpenApi", "openapi", {}),
    };
    this.refuse = this.#function("Refuse", REFUSE_ENTRY, MEMORY_MB.refuse, {});
    this.#grant(props);
  }

  get all(): readonly LambdaFunction[] {
    return [...Object.values(this.byEndpoint), this.refuse];
  }

  #grant(props: ApiFunctionsProps) {
    const { tables, keys, workflow, upstream, webhooks: sender, wire } = props;
    const {
      "issue-token": issueToken,
      "receive-notification": receiveNotification,
      "open-link": openLink,
      "consent-return": consentReturn,
      health: _,
      openapi: __,
      "connect-page": connectPage,
      "connect-changes": connectChanges,
      ...verifying
    } = this.byEndpoint;
    const { "get-job": getJob, "list-jobs": listJobs, "answer-mfa": answerMfa } = this.byEndpoint;
    const { "cancel-job": cancelJob, "resume-job": resumeJob, "job-changes": jobChanges } = this.byEndpoint;
    const { "create-connection": createConnection, "update-connection": updateConnection } = this.byEndpoint;
    const { "refresh-connection": refreshConnection, "refresh-connections": refreshConnections } =
      this.byEndpoint;
    const { "adopt-jobs": adoptJobs, "create-statement": createStatement } = this.byEndpoint;
    const { "pass-through": passThrough, "delete-connection": deleteConnection } = this.byEndpoint;
    const { "institution-health": institutionHealth } = this.byEndpoint;
    const { "erase-user": eraseUser, "read-events": readEvents, webhooks } = this.byEndpoint;
    const takingLogins = [createConnection, updateConnection];
    const beginning = [...takingLogins, refreshConnection, refreshConnections];

    grantRows(tables, issueToken, ["api-key"], "GetItem");
    grantRows(tables, issueToken, ["rate#token"], "UpdateItem");
    keys.signing.grant(issueToken, "kms:Sign");
    for (const endpoint of Object.values(verifying)) keys.signing.grant(endpoint, "kms:GetPublicKey");

    for (const endpoint of beginning) {
      grantRows(tables, endpoint, ["job", "claim"], "GetItem", "PutItem");
      grantRows(tables, endpoint, ["job"], "DeleteItem");
      grantRows(tables, endpoint, ["idempotency"], "GetItem", "PutItem");
      grantSealing(keys.sealing, endpoint, "Encrypt", "idempotency");
      grantSealing(keys.sealing, endpoint, "Decrypt", "idempotency");
      grantUpstream(upstream, endpoint);
      workflow.stateMachine.grantStartExecution(endpoint);
    }
    if (wire.maxRunningJobs > 0) {
      const ofPage = wire.connect === "direct" ? [connectPage] : [];
      for (const endpoint of [...beginning, ...ofPage]) {
        grantIndex(tables, endpoint, "swept-by-time", "running");
        grantRows(tables, endpoint, ["rate#room"], "UpdateItem");
      }
    }
    const counting = [...beginning, resumeJob, answerMfa, connectPage];
    for (const endpoint of [...counting, adoptJobs, createStatement, passThrough, deleteConnection]) {
      grantRows(tables, endpoint, ["rate#user"], "UpdateItem");
      grantRows(tables, endpoint, ["erased"], "GetItem");
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

    for (const endpoint of [getJob, jobChanges, connectChanges])
      grantRows(tables, endpoint, ["job"], "GetItem");
    for (const endpoint of [jobChanges, connectChanges, answerMfa]) {
      grantRows(tables, endpoint, ["waiter"], "BatchGetItem", "PutItem", "DeleteItem");
    }
    grantRows(tables, adoptJobs, ["job"], "GetItem");
    for (const endpoint of [adoptJobs, createStatement]) {
      grantRows(tables, endpoint, ["job"], "PutItem");
      grantUpstream(upstream, endpoint);
      workflow.stateMachine.grantStartExecution(endpoint);
    }
    // Only version 3.0 has consents, and a deleted consent ends the jobs of its user.
    const ofConsents = upstream.version === "3.0" ? [deleteConnection] : [];
    for (const endpoint of [listJobs, adoptJobs, ...ofConsents]) {
      grantIndex(tables, endpoint, "listed-by-age", "user");
      grantRows(tables, endpoint, ["job"], "BatchGetItem");
    }

    grantEvents(tables, readEvents, ["event"], "GetItem");
    grantEventIndexes(tables, readEvents);

    grantEvents(tables, institutionHealth, ["institution"], "GetItem");
    grantEvents(tables, institutionHealth, ["institution-traffic"], "BatchGetItem");
    grantIndex(tables, institutionHealth, "swept-by-time", "awaiting");
    grantUpstream(upstream, institutionHealth);

    grantEvents(tables, webhooks, ["webhooks"], "GetItem", "PutItem");
    grantEvents(tables, webhooks, ["message"], "GetItem", "PutItem", "UpdateItem");
    grantEvents(tables, webhooks, ["webhook-state"], "GetItem", "DeleteItem");
    grantMessageIndexes(tables, webhooks, "by-time");
    sender.grantWaking(webhooks);
    grantWebhookSecrets(tables, webhooks, "GetItem", "PutItem", "DeleteItem");
    grantSealing(keys.sealing, webhooks, "Encrypt", "webhook-*");
    if (upstream.webhookSecret !== undefined) {
      grantEvents(tables, receiveNotification, ["upstream-message"], "PutItem");
      grantReading(upstream.webhookSecret, receiveNotification);
    }

    grantRows(tables, cancelJob, ["job"], "GetItem", "PutItem", "UpdateItem");
    grantSecrets(tables, cancelJob, "DeleteItem");
    workflow.grantExecutions(cancelJob, "StopExecution");

    grantRows(tables, passThrough, ["rate#address", "rate#public"], "UpdateItem");
    for (const endpoint of [deleteConnection, eraseUser]) {
      grantRows(tables, endpoint, ["job"], "GetItem", "PutItem", "UpdateItem");
      grantSecrets(tables, endpoint, "DeleteItem");
      workflow.grantExecutions(endpoint, "StopExecution");
    }
    for (const endpoint of [passThrough, deleteConnection, eraseUser]) grantUpstream(upstream, endpoint);
    grantRows(tables, deleteConnection, ["claim"], "GetItem");
    grantRows(tables, eraseUser, ["erased"], "UpdateItem");
    grantErasing(tables, eraseUser);
    grantLinkSecrets(tables, eraseUser, "GetItem");
    grantEvents(tables, eraseUser, ["event", "message"], "PutItem");
    sender.grantWaking(eraseUser);

    const { "auth-links": authLinks } = this.byEndpoint;
    for (const endpoint of [authLinks, openLink]) grantRows(tables, endpoint, ["link"], "GetItem", "PutItem");
    grantUpstream(upstream, authLinks);
    grantRows(tables, authLinks, ["erased"], "GetItem");
    grantLinkSecrets(tables, authLinks, "GetItem", "PutItem", "DeleteItem");
    grantSealing(keys.sealing, authLinks, "Encrypt", "link");
    grantSealing(keys.sealing, authLinks, "Decrypt", "link");
    grantRows(tables, consentReturn, ["link"], "GetItem");
    if (wire.connect === "consent-ui") this.#grantConsentUi(props);
    else this.#grantLoginPage(props);

    grantRows(tables, resumeJob, ["job"], "GetItem", "PutItem");
    workflow.grantExecutions(resumeJob, "StopExecution");
    workflow.stateMachine.grantStartExecution(resumeJob);

    grantRows(tables, answerMfa, ["job"], "GetItem", "PutItem");
    grantSecrets(tables, answerMfa, "PutItem", "DeleteItem");
    grantSealing(keys.sealing, answerMfa, "Encrypt", "answer-*");
    grantSealing(keys.sealing, answerMfa, "Decrypt", "task-token");
    workflow.grantWaking(answerMfa);

    for (const endpoint of [connectPage, connectChanges]) grantRows(tables, endpoint, ["link"], "GetItem");
    grantRows(tables, connectPage, ["job"], "GetItem", "PutItem", "UpdateItem");
    grantEvents(tables, connectPage, ["institution"], "GetItem");
    grantSecrets(tables, connectPage, "PutItem", "DeleteItem");
    grantSealing(keys.sealing, connectPage, "Encrypt", "answer-*");
    grantSealing(keys.sealing, connectPage, "Decrypt", "task-token");
    grantUpstream(upstream, connectPage);
    workflow.grantWaking(connectPage);
    workflow.grantExecutions(connectPage, "StopExecution");
    workflow.stateMachine.grantStartExecution(connectPage);
  }

  /** Grants what our own page needs to take logins. */
  #grantLoginPage({ tables, keys }: ApiFunctionsProps) {
    const { "connect-page": connectPage } = this.byEndpoint;
    grantRows(tables, connectPage, ["claim"], "GetItem", "PutItem");
    grantRows(tables, connectPage, ["job"], "DeleteItem");
    grantRows(tables, connectPage, ["refused"], "GetItem");
    grantRows(tables, connectPage, ["link"], "PutItem");
    grantSealing(keys.sealing, connectPage, "Encrypt", "login");
  }

  /** Grants what links to the Consent UI need. Grants nothing if our own page makes connections. */
  #grantConsentUi({ tables, workflow, upstream }: ApiFunctionsProps) {
    const { "open-link": openLink, "consent-return": consentReturn } = this.byEndpoint;
    grantRows(tables, openLink, ["rate#user"], "UpdateItem");
    grantUpstream(upstream, openLink, consentReturn);
    grantRows(tables, consentReturn, ["link"], "PutItem");
    grantRows(tables, consentReturn, ["job"], "GetItem", "PutItem", "BatchGetItem");
    grantIndex(tables, consentReturn, "listed-by-age", "user");
    workflow.stateMachine.grantStartExecution(consentReturn);
  }

  #endpoint(id: string, name: EndpointName, environment: Record<string, string>): LambdaFunction {
    return this.#function(id, entryOf(name), MEMORY_MB[name], environment);
  }

  /** Creates a function that shows pages to people. */
  #page(id: string, name: EndpointName, environment: Record<string, string>): LambdaFunction {
    const content = this.#pageBrand;
    const besideBundle = content === undefined ? undefined : { ...BRAND_FILE, content };
    return this.#function(id, entryOf(name), MEMORY_MB[name], environment, besideBundle);
  }

  #function(
    id: string,
    entry: string,
    memoryMb: number,
    environment: Record<string, string>,
    besideBundle?: FileBesideBundle,
  ): LambdaFunction {
    return nodeFunction(this, id, {
      entry,
      memoryMb,
      timeout: API_TIMEOUT,
      environment,
      besideBundle,
      shared: this.#shared,
    });
  }
}
