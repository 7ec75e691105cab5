import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { Dashboard } from "aws-cdk-lib/aws-cloudwatch";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { Key } from "aws-cdk-lib/aws-kms";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Topic } from "aws-cdk-lib/aws-sns";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { DEFAULT_FOLLOW_LIMIT_MINUTES } from "../../functions/jobs/domain/following.ts";
import { DEFAULT_RETENTION_DAYS } from "../../functions/jobs/domain/times-to-live.ts";
import type { LogLevel } from "../../functions/platform/environment.ts";
import { Alarms } from "./alarms.ts";
import { ApiFunctions, type WireOptions } from "./api-functions.ts";
import { checkedFollowLimit, checkedRetentionDays, checkedUpstream } from "./checked-props.ts";
import { WatchDashboard } from "./dashboard.ts";
import { type ApiDomain, HttpApiWithRoutes } from "./http-api.ts";
import { Keys } from "./keys.ts";
import { Sweeper } from "./sweeper.ts";
import { Tables } from "./tables.ts";
import { TaskFunctions } from "./task-functions.ts";
import type { Upstream } from "./upstream.ts";
import { Workflow } from "./workflow.ts";

export type { ApiDomain, Upstream };

export interface ConnectionJobsProps extends Partial<WireOptions> {
  /** The aggregator whose API does the connecting. */
  readonly upstream: Upstream;
  /** Whether a job that meets a bank that is down waits for it, for up to 7 days. It does when absent. */
  readonly queue?: boolean;
  /** A job that the aggregator does not finish fails after so many minutes of following. 15 when absent. */
  readonly followLimitMinutes?: number;
  /** How long a job can be read after its last change. 90 when absent. */
  readonly retentionDays?: number;
  /**
   * Whether the jobs table refuses to be deleted, by whomever. It does not when absent: no deployment deletes it, and what
   * somebody deletes by hand DynamoDB keeps as a backup for 35 days.
   */
  readonly deletionProtection?: boolean;
  /** Of all logs. Three months when absent. */
  readonly logRetention?: RetentionDays;
  /** `info` when absent. */
  readonly logLevel?: LogLevel;
  /** Who is mailed about alarms; has to confirm a mail of AWS first. */
  readonly alarmEmail?: string;
  /** A name of your own for the API; its DNS record is yours to make, and points to `domainTarget`. */
  readonly domain?: ApiDomain;
  /** Origins of web pages that may call the API. None when absent. */
  readonly corsOrigins?: readonly string[];
}

/** The whole system: an HTTP API, a state machine, and what they keep. */
export class ConnectionJobs extends Construct {
  /** Where the API answers, without a trailing slash. */
  readonly apiUrl: string;
  readonly api: HttpApi;
  readonly domainTarget: string | undefined;
  /** Jobs and what belongs to them, replies kept for requests with a key, and the hashes of API keys. */
  readonly jobsTable: Table;
  readonly stateMachine: StateMachine;
  /** They outlive the system, as the table does: without them what is sealed cannot be read. */
  readonly sealingKey: Key;
  readonly signingKey: Key;
  /** Where alarms are published. */
  readonly alarmTopic: Topic;
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, props: ConnectionJobsProps) {
    super(scope, id);
    const upstream = checkedUpstream(props.upstream);
    const retentionDays = checkedRetentionDays(props.retentionDays ?? DEFAULT_RETENTION_DAYS);
    const { stepResults = "object", allowUnboundClientTokens = false, deletionProtection = false } = props;
    const { logLevel = "info", logRetention = RetentionDays.THREE_MONTHS } = props;
    const shared = { logLevel, logRetention };
    const tables = new Tables(this, "Tables", { retentionDays, deletionProtection });
    const keys = new Keys(this, "Keys");
    const policy = {
      queue: props.queue ?? true,
      followLimitMinutes: checkedFollowLimit(props.followLimitMinutes ?? DEFAULT_FOLLOW_LIMIT_MINUTES),
    };
    const tasks = new TaskFunctions(this, "Tasks", { tables, keys, upstream, shared, policy });
    const workflow = new Workflow(this, "Workflow", tasks, logRetention);
    const { domain, corsOrigins = [] } = props;
    const api = new HttpApiWithRoutes(this, "Api", { domain, corsOrigins, logRetention });
    const wire = { stepResults, allowUnboundClientTokens };
    const options = { tables, keys, upstream, shared, wire, workflow, apiUrl: api.url };
    const endpoints = new ApiFunctions(this, "Endpoints", options);
    api.addRoutes(endpoints);
    const sweeper = new Sweeper(this, "Sweeper", { tables, keys, workflow, shared });
    const watched = {
      api: api.http,
      stateMachine: workflow.stateMachine,
      apiFunctions: endpoints.all,
      taskFunctions: tasks.all,
      sweeper: sweeper.function,
      deadLetters: sweeper.deadLetters,
      followLimitMinutes: policy.followLimitMinutes,
    };
    const alarms = new Alarms(this, "Alarms", { ...watched, email: props.alarmEmail });
    const watch = new WatchDashboard(this, "Watch", { ...watched, alarms: alarms.all });
    this.apiUrl = api.url;
    this.api = api.http;
    this.domainTarget = api.domainTarget;
    this.jobsTable = tables.jobs;
    this.stateMachine = workflow.stateMachine;
    this.sealingKey = keys.sealing;
    this.signingKey = keys.signing;
    this.alarmTopic = alarms.topic;
    this.dashboard = watch.dashboard;
  }
}
