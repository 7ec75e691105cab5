import { Duration } from "aws-cdk-lib";
import {
  AlarmStatusWidget,
  Dashboard,
  GraphWidget,
  type IAlarm,
  type IMetric,
  LogQueryVisualizationType,
  LogQueryWidget,
  MathExpression,
  type Metric,
  SearchExpression,
} from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { OUTCOMES } from "../../functions/jobs/domain/failures.ts";
import { MEASURED_STEPS, UPSTREAM_CALLS } from "../../functions/jobs/domain/metrics.ts";
import type { LogFields } from "../../functions/platform/log-fields.ts";
import { metricsNamespace, ownMetric } from "./own-metrics.ts";
import type { Watched } from "./watched.ts";

export interface WatchDashboardProps extends Watched {
  alarms: readonly IAlarm[];
}

const PERIOD = Duration.minutes(5);
const WHOLE_WIDTH = 24;

/** Creates the dashboard: alarms, jobs, the aggregator, API and functions on one page. */
export class WatchDashboard extends Construct {
  readonly dashboard: Dashboard;

  constructor(scope: Construct, id: string, { alarms, ...watched }: WatchDashboardProps) {
    super(scope, id);
    const state = new AlarmStatusWidget({ title: "Alarms", alarms: [...alarms], width: WHOLE_WIDTH });
    // The dashboard has no fixed name, because dashboard names must be unique in an account across all regions.
    this.dashboard = new Dashboard(this, "Dashboard", {
      defaultInterval: Duration.days(1),
      widgets: [
        [state],
        jobGraphs(this),
        openJobGraphs(this, watched),
        upstreamGraphs(this),
        apiGraphs(watched),
        runGraphs(this, watched),
        eventGraphs(this, watched),
        [attemptsByBank(watched)],
        webhookGraphs(this, watched),
      ],
    });
  }
}

function jobGraphs(scope: Construct) {
  const finished = OUTCOMES.map((outcome) => ownMetric(scope, "JobsFinished", { is: outcome }));
  const succeeded = ownMetric(scope, "JobDuration", { is: "succeeded" });
  const steps = MEASURED_STEPS.map((step) => ownMetric(scope, "StepDuration", { is: step }));
  return [
    graph("Jobs by outcome", [ownMetric(scope, "JobsStarted"), ...finished]),
    graph("Duration of jobs that succeeded, users' time included (ms)", percentiles(succeeded, "p50", "p95")),
    graph(
      "Duration of steps (ms)",
      steps.flatMap((step) => percentiles(step, "p50", "p95")),
    ),
  ];
}

function openJobGraphs(scope: Construct, { deadLetters }: Watched) {
  const dead = deadLetters.metricApproximateNumberOfMessagesVisible({
    statistic: "Maximum",
    label: "sweeps in dead letters",
  });
  return [
    graph("Jobs that wait for their bank or their user, and jobs that run", [
      ownMetric(scope, "JobsQueued"),
      ownMetric(scope, "JobsRunning"),
    ]),
    graph("Oldest open job (ms)", [
      ownMetric(scope, "OldestQueuedJob"),
      ownMetric(scope, "OldestRunningJob"),
    ]),
    graph("Jobs that the sweeper repaired, and jobs that it could not check", [
      ownMetric(scope, "JobsMended"),
      ownMetric(scope, "JobsNotSwept"),
      dead,
    ]),
  ];
}

function upstreamGraphs(scope: Construct) {
  const opened = ownMetric(scope, "ChallengesOpened");
  const expired = ownMetric(scope, "ChallengesExpired");
  const abandonment = new MathExpression({
    label: "abandoned (%)",
    expression: "100 * FILL(expired, 0) / opened",
    usingMetrics: { opened, expired },
    // A challenge opens in one period and expires in a later one. Over an hour the difference evens out.
    period: Duration.hours(1),
  });
  const byInstitution = new SearchExpression({
    expression: `SEARCH('{"${metricsNamespace(scope)}",Institution} MetricName="UpstreamErrors"', 'Sum', ${PERIOD.toSeconds()})`,
    label: "",
    period: PERIOD,
  });
  const calls = UPSTREAM_CALLS.flatMap((is) => [
    ownMetric(scope, "UpstreamFailures", { is, label: `${is} failed` }),
    ownMetric(scope, "UpstreamRefusals", { is, label: `${is} refused` }),
  ]);
  return [
    graph("MFA challenges", [opened, ownMetric(scope, "ChallengesAnswered"), expired], [abandonment]),
    graph("Errors of the aggregator by institution, and attempts that went into the queue", [
      byInstitution,
      ownMetric(scope, "AttemptsHeld"),
    ]),
    graph("Calls to the aggregator that failed or were refused", [
      ownMetric(scope, "UpstreamKeyRefusals"),
      ...calls,
    ]),
  ];
}

function apiGraphs({ api, apiFunctions }: Watched) {
  const count = api.metricCount({ label: "requests" });
  const refused = [api.metricClientError({ label: "4xx" }), api.metricServerError({ label: "5xx" })];
  return [
    graph("API latency (ms)", percentiles(api.metricLatency(), "p50", "p95", "p99")),
    graph("API requests", [count, ...refused]),
    graph("Errors of API functions", apiFunctions.map(errorsOf)),
  ];
}

function runGraphs(
  scope: Construct,
  { stateMachine, apiFunctions, taskFunctions, sweeper, bankLooks }: Watched,
) {
  const expected = ownMetric(scope, "ExpectedTaskErrors");
  const behindTheApi = [...taskFunctions, sweeper, bankLooks];
  return [
    graph("Executions", [
      stateMachine.metricStarted(),
      stateMachine.metricSucceeded(),
      stateMachine.metricFailed(),
      stateMachine.metricTimedOut(),
    ]),
    graph("Errors of Task functions, the sweeper and the looks at banks, and how many of them are expected", [
      ...behindTheApi.map(errorsOf),
      expected,
    ]),
    graph("Throttles of functions", [...apiFunctions, ...behindTheApi].map(throttlesOf)),
  ];
}

function eventGraphs(scope: Construct, { eventMaker, lostRecords }: Watched) {
  const lost = lostRecords.metricApproximateNumberOfMessagesVisible({
    statistic: "Maximum",
    label: "records lost",
  });
  const late = eventMaker.metric("IteratorAge", { statistic: "Maximum", label: "oldest record (ms)" });
  return [
    graph("How late events are made", [late]),
    graph("Errors and throttles of the function that makes events", [
      eventMaker.metricErrors({ label: "errors" }),
      eventMaker.metricThrottles({ label: "throttles" }),
    ]),
    graph("Changes of jobs without events", [ownMetric(scope, "RecordsSetAside"), lost]),
  ];
}

/**
 * A metric for each bank would cost money for each bank, all the time. CloudWatch runs a query of the log only while somebody
 * looks at the dashboard.
 */
function attemptsByBank({ eventMaker }: Watched): LogQueryWidget {
  return new LogQueryWidget({
    title: "Attempts by bank, and who failed (a query of the log, which runs when you open the dashboard)",
    logGroupNames: [eventMaker.logGroup.logGroupName],
    view: LogQueryVisualizationType.TABLE,
    width: WHOLE_WIDTH,
    queryLines: [
      "filter message = 'attempts counted'",
      `stats ${ATTEMPT_COUNTS.map((field) => `sum(${field}) as ${field}_`).join(", ")} by institution`,
      "sort failedByBank_ desc",
      "limit 50",
    ],
  });
}

const ATTEMPT_COUNTS = [
  "succeeded",
  "failedByBank",
  "failedByAggregator",
  "failedByUs",
  "stoppedByUser",
] as const satisfies readonly (keyof LogFields)[];

function webhookGraphs(scope: Construct, { deliverer, deliveryDeadLetters }: Watched) {
  const dead = deliveryDeadLetters.metricApproximateNumberOfMessagesVisible({
    statistic: "Maximum",
    label: "invocations in dead letters",
  });
  return [
    graph("Messages of webhooks", [
      ownMetric(scope, "MessagesDelivered"),
      ownMetric(scope, "AttemptsFailed"),
      ownMetric(scope, "MessagesFailed"),
    ]),
    graph("From an event to its delivery, and the oldest message that waits (ms)", [
      ...percentiles(ownMetric(scope, "DeliveryDelay"), "p50", "p95"),
      ownMetric(scope, "OldestWaitingMessage"),
    ]),
    graph("Webhooks that fail, and errors of the function that sends", [
      ownMetric(scope, "EndpointsFailing"),
      deliverer.metricErrors({ label: "errors" }),
      deliverer.metricThrottles({ label: "throttles" }),
      dead,
    ]),
  ];
}

function errorsOf(one: IFunction): Metric {
  return one.metricErrors({ label: one.node.id });
}

function throttlesOf(one: IFunction): Metric {
  return one.metricThrottles({ label: one.node.id });
}

function percentiles(metric: Metric, ...statistics: string[]): Metric[] {
  return statistics.map((statistic) =>
    metric.with({ statistic, label: `${metric.label ?? metric.metricName} ${statistic}` }),
  );
}

function graph(title: string, left: IMetric[], right: IMetric[] = []): GraphWidget {
  return new GraphWidget({ title, left, right, period: PERIOD, width: WHOLE_WIDTH / 3 });
}
