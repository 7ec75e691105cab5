import { Duration } from "aws-cdk-lib";
import type { Metric } from "aws-cdk-lib/aws-cloudwatch";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import type { Construct } from "constructs";
import { UPSTREAM_CALLS, type UpstreamCall } from "../../functions/jobs/domain/metrics.ts";
import type { Monitoring } from "../../functions/platform/environment.ts";
import type { AlarmOfList } from "./alarm-of-list.ts";
import { eventAlarms } from "./event-alarms.ts";
import { ownMetric, total } from "./own-metrics.ts";
import { sweeperAlarms } from "./sweeper-alarms.ts";
import type { Watched } from "./watched.ts";
import { webhookAlarms } from "./webhook-alarms.ts";

const FIVE_MINUTES = Duration.minutes(5);

/** CloudWatch allows at most 10 metrics in one alarm. */
const METRICS_PER_ALARM = 10;

/**
 * Calls whose refusals do not mean that the aggregator's rules have changed. The aggregator may refuse `look` for a while after it
 * created the job. It refuses `refresh` if the connection was removed or its login has become wrong. The reply that a connection is
 * unknown is not counted as a refusal, so all counted refusals of the call `connection` belong in the alarm. A refused `pass` is the
 * answer to a client. A refused `event` may be one that the aggregator no longer has.
 */
const REFUSED_IN_ORDER: readonly UpstreamCall[] = ["look", "refresh", "pass", "event"];

/**
 * Returns the alarms of a deployment. With `basic`, these are the three that mean a lost job: no sweep runs, sweeps cannot check
 * a job, or a job does not end although sweeps check it. A job that nothing drives any more raises one of them.
 */
export function alarmsFor(scope: Construct, watched: Watched, monitoring: Monitoring): AlarmOfList[] {
  const all = [
    ...workflowAlarms(scope, watched),
    ...sweeperAlarms(scope, watched),
    ...eventAlarms(scope, watched),
    ...webhookAlarms(scope, watched),
    ...apiAlarms(watched),
    ...upstreamAlarms(scope),
  ];
  return monitoring === "basic" ? all.filter(({ isBasic }) => isBasic) : all;
}

function workflowAlarms(
  scope: Construct,
  { stateMachine, taskFunctions, sweeper, bankLooks }: Watched,
): AlarmOfList[] {
  const expected = ownMetric(scope, "ExpectedTaskErrors");
  const errors = taskFunctions.map((task) => task.metricErrors());
  const throttles = [...taskFunctions, sweeper, bankLooks].map((one) => one.metricThrottles());
  return [
    {
      id: "ExecutionsFailed",
      description:
        "The workflow gave up at least three jobs: their users read that something went wrong. Check first the jobs by outcome: with 'unavailable', the bank or the aggregator was down; with 'internal', the fault is ours, and the Task functions' logs name the error ('task failed').",
      metric: total([stateMachine.metricFailed()], Duration.minutes(15)),
      // One or two failures may be unrelated. Three within 15 minutes have a common cause.
      threshold: 3,
    },
    {
      id: "ExecutionsTimedOut",
      description:
        "Step Functions ended an execution after four days. The sweeper starts another execution for its job within a day. Check first the history of the execution: the last state is the one that did not end.",
      metric: total([stateMachine.metricTimedOut()], Duration.hours(1)),
      // A login waits for another job for a day at most, and a job is followed for a day at most: no execution should ever time out.
      threshold: 1,
    },
    {
      id: "TaskFunctionErrors",
      description:
        "Task functions failed with errors that the workflow does not expect: a defect, a time-out, or a service of AWS that is down. The workflow retries for some minutes, then it gives up the jobs. Check first the Task functions' logs, for 'task failed' at level 'error', and for 'Task timed out'.",
      metric: total(errors, FIVE_MINUTES, [expected]),
      // A Task that cannot succeed fails 7 times in 3¼ minutes, at least 4 of them in one period. A Task that a retry repairs
      // fails fewer times.
      threshold: 4,
      // Lambda's count arrives before our count of expected errors. The second period shows whether they were expected.
      periods: 2,
    },
    {
      id: "TaskFunctionThrottles",
      description:
        "More Tasks and sweeps were due at once than the account lets functions run. The workflow retries them for hours, so jobs take longer, but none is given up before that. Check first the account's ConcurrentExecutions in AWS/Lambda, and its quota.",
      metric: total(throttles, FIVE_MINUTES),
      // Retries spread out a burst of jobs. 10 throttles within 5 minutes mean that a limit is reached.
      threshold: 10,
    },
  ];
}

function apiAlarms({ api, apiFunctions }: Watched): AlarmOfList[] {
  return [
    {
      id: "ApiServerErrors",
      description:
        "The API replied with 5xx. Clients can repeat a request that got a 503 without harm. Check first the API functions' logs, for 'request failed': with the reason 'service-unavailable', the aggregator or a service of AWS was down; with 'internal', the fault is ours.",
      metric: total([api.metricServerError()], FIVE_MINUTES),
      // A client that retries a 503 after 5 s either succeeds or causes more than 5 errors in a period.
      threshold: 5,
    },
    ...inTens("ApiFunctionErrors", apiFunctions, (endpoint) => endpoint.metricErrors(), {
      description:
        "API functions crashed or ran out of time. A failure that the code expects does not count as such an error. Check first the logs of the function that the dashboard shows, around 'Task timed out' and 'Runtime'.",
      // A single error is already a fault.
      threshold: 1,
    }),
    ...inTens("ApiFunctionThrottles", apiFunctions, (endpoint) => endpoint.metricThrottles(), {
      description:
        "More requests came at once than the account lets functions run, and AWS refused some. Check first the account's ConcurrentExecutions in AWS/Lambda, and its quota.",
      // Each throttle is a lost request. Fewer than 10 can come from a short burst.
      threshold: 10,
    }),
  ];
}

function upstreamAlarms(scope: Construct): AlarmOfList[] {
  const failures = UPSTREAM_CALLS.map((call) => ownMetric(scope, "UpstreamFailures", { is: call }));
  const refusals = UPSTREAM_CALLS.filter((call) => !REFUSED_IN_ORDER.includes(call)).map((call) =>
    ownMetric(scope, "UpstreamRefusals", { is: call }),
  );
  return [
    {
      id: "UpstreamKeyRefused",
      description:
        "The aggregator refuses our API key or a token that it issued for the key, or the functions cannot read the key: no job can succeed. Check first that the secret exists in Secrets Manager and that the functions may read it, then that the aggregator still accepts the key.",
      metric: total([ownMetric(scope, "UpstreamKeyRefusals")], FIVE_MINUTES),
      // Functions replace an expired token before the refusal is counted, so each counted refusal is a real refusal.
      threshold: 1,
    },
    {
      id: "UpstreamFailing",
      description:
        "The aggregator gives no usable replies: none at all, 5xx, or replies that cannot be read. Jobs are retried for at least four minutes, then they fail. Check first the aggregator's status page, then on the dashboard whether one kind of call fails or all.",
      metric: total(failures, FIVE_MINUTES),
      // A single job whose polls all time out causes 11 failures in a period: each poll takes 12 s, and up to 15 s pass
      // between slices.
      threshold: 10,
      periods: 2,
    },
    {
      id: "UpstreamRefusing",
      description:
        "The aggregator understands our calls and refuses them: its rules have changed, or it does not know its jobs any more. A login that the bank refuses does not count. Check first on the dashboard which kind of call is refused, and how the jobs of that time failed.",
      metric: total(refusals, FIVE_MINUTES),
      // Each refusal is a failed job or a user who cannot start a job. Five within 5 minutes have a common cause.
      threshold: 5,
    },
  ];
}

/**
 * Splits one alarm into alarms of at most 10 functions each. The first alarm has the plain id; the others append a number from
 * 1.
 */
function inTens(
  id: string,
  functions: readonly IFunction[],
  metricOf: (of: IFunction) => Metric,
  rest: Pick<AlarmOfList, "description" | "threshold">,
): AlarmOfList[] {
  const alarms = Math.ceil(functions.length / METRICS_PER_ALARM);
  return Array.from({ length: alarms }, (_, index) => {
    const some = functions.slice(index * METRICS_PER_ALARM, (index + 1) * METRICS_PER_ALARM);
    return { id: `${id}${index || ""}`, ...rest, metric: total(some.map(metricOf), FIVE_MINUTES) };
  });
}
