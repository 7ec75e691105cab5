import type { HttpApi } from "aws-cdk-lib/aws-apigatewayv2";
import type { Dashboard } from "aws-cdk-lib/aws-cloudwatch";
import type { Table } from "aws-cdk-lib/aws-dynamodb";
import type { EventBus } from "aws-cdk-lib/aws-events";
import type { Key } from "aws-cdk-lib/aws-kms";
import { RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Topic } from "aws-cdk-lib/aws-sns";
import type { StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";
import { DEFAULT_ANSWER_WAIT_SECONDS } from "../../functions/jobs/domain/challenge.ts";
import {
  DEFAULT_FOLLOW_LIMIT_MINUTES,
  DEFAULT_FOLLOW_SLICE_SECONDS,
} from "../../functions/jobs/domain/following.ts";
import { DEFAULT_CONCURRENCY } from "../../functions/jobs/domain/outage.ts";
import { DEFAULT_MAX_RUNNING_JOBS, runningJobsFor } from "../../functions/jobs/domain/running.ts";
import { DEFAULT_RETENTION_DAYS } from "../../functions/jobs/domain/times-to-live.ts";
import { DEFAULT_WAITERS } from "../../functions/jobs/domain/waiting.ts";
import type { LogLevel, Monitoring } from "../../functions/platform/environment.ts";
import { MAX_ENDPOINTS } from "../../functions/webhooks/domain/endpoint.ts";
import { Alarms } from "./alarms.ts";
import { ApiFunctions, type WireOptions } from "./api-functions.ts";
import { BankLooks } from "./bank-looks.ts";
import {
  checkedAnswerWait,
  checkedAppName,
  checkedArchiveDays,
  checkedConcurrency,
  checkedConnect,
  checkedConsentUi,
  checkedFollowConcurrency,
  checkedFollowLimit,
  checkedFollowSlice,
  checkedMaxWebhooks,
  checkedMonitoring,
  checkedRetentionDays,
  checkedReturnUrls,
  checkedRunningJobs,
  checkedUpstream,
  checkedWaiters,
  DEFAULT_CONSENT_UI_URL,
} from "./checked-props.ts";
import { WatchDashboard } from "./dashboard.ts";
import { JobEventBus } from "./event-bus.ts";
import { EventMaker } from "./event-maker.ts";
import { type ApiDomain, HttpApiWithRoutes } from "./http-api.ts";
import { Keys } from "./keys.ts";
import { checkedBrand, type PageBrand } from "./page-brand.ts";
import { Sweeper } from "./sweeper.ts";
import { Tables } from "./tables.ts";
import { TaskFunctions } from "./task-functions.ts";
import type { Upstream } from "./upstream.ts";
import { UpstreamWebhooks } from "./upstream-webhooks.ts";
import { Webhooks } from "./webhooks.ts";
import { Workflow } from "./workflow.ts";

export type { ApiDomain, PageBrand, Upstream };

export interface ConnectionJobsProps extends Partial<WireOptions>, PageBrand {
  /** The aggregator whose API connects banks. */
  readonly upstream: Upstream;
  /** Whether a job waits, for up to 7 days, when its bank is down. Default: true. */
  readonly queue?: boolean;
  /** A job fails when the aggregator has not finished it after this many minutes of polling. Default: 15. */
  readonly followLimitMinutes?: number;
  /**
   * How long one invocation of a function polls a job, from 0 to 25 s. With 0, the workflow's Wait states do all the
   * waiting, so that a job needs a function for less time and more state transitions. Default: 12.
   */
  readonly followSliceSeconds?: number;
  /**
   * The most invocations of each function that polls jobs. Reserves them from the account's limit, which a new account
   * cannot. Default: no limit of its own.
   */
  readonly followConcurrency?: number;
  /**
   * How many functions the account may run at once, less what other systems in the account need: its limit of concurrent executions.
   * It decides how fast jobs begin when their bank is back, and how many requests the API takes a second, and it is the measure for
   * `maxRunningJobs`. Default: 10, the limit of a new account.
   */
  readonly concurrency?: number;
  /** Number of days for which a job can be read after its last change. Default: 90. */
  readonly retentionDays?: number;
  /**
   * Whether the jobs table has deletion protection. Default: false, because no deployment deletes the table, and DynamoDB
   * keeps a backup of a manually deleted table for 35 days.
   */
  readonly deletionProtection?: boolean;
  /** How long all logs are retained. Default: three months. */
  readonly logRetention?: RetentionDays;
  /** Default: `info`. */
  readonly logLevel?: LogLevel;
  /**
   * `basic`: only the three alarms that mean a lost job, the metrics that they read, and no dashboard. Default: `full`.
   */
  readonly monitoring?: Monitoring;
  /** The mail address for alarms. Its owner must first confirm a mail from AWS. */
  readonly alarmEmail?: string;
  /** A custom domain name for the API. Create its DNS record yourself and point it to `domainTarget`. */
  readonly domain?: ApiDomain;
  /** Origins of web pages that may call the API. Default: none. */
  readonly corsOrigins?: readonly string[];
  /** Whether the ids of every event also go to an EventBridge bus, `eventBus`. Default: false. */
  readonly eventBus?: boolean;
  /**
   * For how many days the bus can replay its events. Needs `eventBus`. An archive keeps the events of a user who was erased.
   * Default: 0, which means no archive.
   */
  readonly eventArchiveDays?: number;
  /** How many webhooks may exist at a time, from 0 to 10. Default: 10. */
  readonly maxWebhooks?: number;
}

/**
 * The whole system: an HTTP API, a state machine, and their storage.
 *
 * @throws an `Error` when `upstream.url`, `upstream.webhookSecret`, `connect`, `answerWaitSeconds`, `waiters`, `concurrency`, `maxRunningJobs`,
 * `followLimitMinutes`, `followSliceSeconds`, `followConcurrency`, `retentionDays`, `monitoring`, `eventArchiveDays`,
 * `maxWebhooks`, `appName`, `returnUrls`, `consentUiUrl` or an option of {@link PageBrand} is not valid.
 */
export class ConnectionJobs extends Construct {
  /** The URL of the API, without a trailing slash. */
  readonly apiUrl: string;
  readonly api: HttpApi;
  readonly domainTarget: string | undefined;
  /** How many functions the account may run at once, as this deployment was told. */
  readonly concurrency: number;
  /** Stores jobs and related records, replies to requests with an idempotency key, and the hashes of API keys. */
  readonly jobsTable: Table;
  readonly stateMachine: StateMachine;
  /** Both keys are retained when the stack is deleted, as the jobs table is: without them, encrypted data cannot be read. */
  readonly sealingKey: Key;
  readonly signingKey: Key;
  /** The topic to which alarms are published. */
  readonly alarmTopic: Topic;
  /** Undefined with `monitoring: "basic"`. */
  readonly dashboard: Dashboard | undefined;
  /** Undefined without the prop `eventBus`. */
  readonly eventBus: EventBus | undefined;
  readonly upstream: Upstream;

  constructor(scope: Construct, id: string, props: ConnectionJobsProps) {
    super(scope, id);
    const upstream = checkedUpstream(props.upstream);
    const retentionDays = checkedRetentionDays(props.retentionDays ?? DEFAULT_RETENTION_DAYS);
    const { stepResults = "object", allowUnboundClientTokens = false, deletionProtection = false } = props;
    const { logLevel = "info", logRetention = RetentionDays.THREE_MONTHS } = props;
    const monitoring = checkedMonitoring(props.monitoring ?? "full");
    const shared = { logLevel, logRetention, monitoring };
    const { eventBus = false } = props;
    const archiveDays = checkedArchiveDays(eventBus, props.eventArchiveDays ?? 0);
    const tables = new Tables(this, "Tables", { retentionDays, deletionProtection, eventBus });
    const keys = new Keys(this, "Keys");
    const policy = {
      queue: props.queue ?? true,
      followLimitMinutes: checkedFollowLimit(props.followLimitMinutes ?? DEFAULT_FOLLOW_LIMIT_MINUTES),
      followSliceSeconds: checkedFollowSlice(props.followSliceSeconds ?? DEFAULT_FOLLOW_SLICE_SECONDS),
      followConcurrency: checkedFollowConcurrency(props.followConcurrency),
    };
    const tasks = new TaskFunctions(this, "Tasks", { tables, keys, upstream, shared, policy });
    const workflow = new Workflow(this, "Workflow", tasks, logRetention);
    const { domain, corsOrigins = [] } = props;
    const concurrency = checkedConcurrency(props.concurrency ?? DEFAULT_CONCURRENCY);
    const api = new HttpApiWithRoutes(this, "Api", { domain, corsOrigins, logRetention, concurrency });
    const connect = checkedConnect(upstream.version, props.connect);
    const answerWaitSeconds = checkedAnswerWait(props.answerWaitSeconds ?? DEFAULT_ANSWER_WAIT_SECONDS);
    const waiters = checkedWaiters(props.waiters ?? DEFAULT_WAITERS);
    const ofLinks = {
      appName: checkedAppName(props.appName),
      returnUrls: checkedReturnUrls(props.returnUrls ?? []),
      consentUiUrl: checkedConsentUi(props.consentUiUrl ?? DEFAULT_CONSENT_UI_URL),
    };
    const fitting = props.concurrency === undefined ? DEFAULT_MAX_RUNNING_JOBS : runningJobsFor(concurrency);
    const maxRunningJobs = checkedRunningJobs(props.maxRunningJobs ?? fitting);
    const limits = { waiters, maxRunningJobs };
    const answering = { stepResults, allowUnboundClientTokens, connect, answerWaitSeconds };
    const wire = { ...answering, ...limits, ...ofLinks };
    const webhooks = new Webhooks(this, "Webhooks", {
      ...{ tables, keys, apiUrl: api.url, ownUrls: api.ownUrls, stepResults, shared },
    });
    const maxWebhooks = checkedMaxWebhooks(props.maxWebhooks ?? MAX_ENDPOINTS);
    const { followLimitMinutes } = policy;
    const about = { webhooks, maxWebhooks, followLimitMinutes, apiUrl: api.url, ownUrls: api.ownUrls };
    const pageBrand = checkedBrand(props);
    const options = { tables, keys, upstream, shared, wire, workflow, pageBrand, ...about };
    const endpoints = new ApiFunctions(this, "Endpoints", options);
    api.addRoutes(endpoints);
    const sweeper = new Sweeper(this, "Sweeper", { tables, keys, workflow, upstream, shared });
    const bankLooks = new BankLooks(this, "BankLooks", {
      ...{ tables, workflow, upstream, webhooks, shared, concurrency, deadLetters: sweeper.deadLetters },
    });
    if (upstream.webhookSecret !== undefined) {
      const { deadLetters } = sweeper;
      new UpstreamWebhooks(this, "UpstreamWebhooks", {
        ...{ tables, keys, workflow, upstream, webhooks, shared, deadLetters, followLimitMinutes },
      });
    }
    const eventMaker = new EventMaker(this, "EventMaker", { tables, webhooks, shared });
    const { lostRecords } = eventMaker;
    const jobEvents = eventBus
      ? new JobEventBus(this, "JobEvents", { tables, lostRecords, archiveDays })
      : undefined;
    const watched = {
      api: api.http,
      stateMachine: workflow.stateMachine,
      apiFunctions: endpoints.all,
      taskFunctions: tasks.all,
      sweeper: sweeper.function,
      deadLetters: sweeper.deadLetters,
      bankLooks: bankLooks.function,
      eventMaker: eventMaker.function,
      lostRecords,
      deliverer: webhooks.deliverer,
      deliveryDeadLetters: webhooks.deadLetters,
      followLimitMinutes,
    };
    const alarms = new Alarms(this, "Alarms", { ...watched, email: props.alarmEmail, monitoring });
    const watch =
      monitoring === "full"
        ? new WatchDashboard(this, "Watch", { ...watched, alarms: alarms.all })
        : undefined;
    this.apiUrl = api.url;
    this.concurrency = concurrency;
    this.upstream = upstream;
    this.api = api.http;
    this.domainTarget = api.domainTarget;
    this.jobsTable = tables.jobs;
    this.stateMachine = workflow.stateMachine;
    this.sealingKey = keys.sealing;
    this.signingKey = keys.signing;
    this.alarmTopic = alarms.topic;
    this.dashboard = watch?.dashboard;
    this.eventBus = jobEvents?.bus;
  }
}
