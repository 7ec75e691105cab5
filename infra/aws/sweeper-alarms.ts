import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { AlarmOfList } from "./alarm-of-list.ts";
import { ownMetric, total } from "./own-metrics.ts";
import type { Watched } from "./watched.ts";

const FIVE_MINUTES = Duration.minutes(5);
const A_QUARTER = Duration.minutes(15);

/**
 * In minutes: the time that a job may take in addition to polling. It covers some minutes to open the connection, and three
 * challenges of 15 minutes each.
 */
const USERS_MINUTES = 60;

/**
 * Returns the alarms about the sweeper: jobs that it had to repair, and sweeps and looks at banks that failed or did not run. Time in the queue
 * does not count, because a job may wait there for 7 days.
 */
export function sweeperAlarms(scope: Construct, watched: Watched): AlarmOfList[] {
  const { sweeper, bankLooks, deadLetters, followLimitMinutes } = watched;
  return [
    {
      id: "SweeperFoundWork",
      description:
        "The sweeper had to repair jobs after crashes: their users waited for a minute or more. Check first the sweeper's log, for 'job mended', which names the jobs and the repair. Then check the logs of the API functions and the Task functions just before, for 'Task timed out' and 'Runtime', which show the crash.",
      metric: total([ownMetric(scope, "JobsMended")], Duration.hours(1)),
      // The sweeper exists to repair the jobs of an occasional crash. A single job that it has to restart again and again
      // reaches 10.
      threshold: 5,
    },
    {
      id: "SweeperFailing",
      description:
        "Sweeps fail one after the other, so nothing repairs jobs after a crash. Check first the sweeper's log, for 'sweep failed' with the error's name, and for 'Task timed out'.",
      metric: total([sweeper.metricErrors()], FIVE_MINUTES),
      // Three of the five sweeps in a period. The next sweep repairs a single failure.
      threshold: 3,
    },
    {
      id: "SweeperStopped",
      description:
        "No sweep has ended for 15 minutes, so this alarm has no data. Jobs that a crash interrupted do not continue, and their logins are not deleted. Check first that the rule that starts the sweeper every minute is enabled, then the sweeper's log and its throttles.",
      // Every complete sweep reports the number of running jobs, even if it is 0.
      metric: ownMetric(scope, "JobsRunning", { statistic: "SampleCount", period: A_QUARTER }),
      threshold: 1,
      isHeartbeat: true,
      isBasic: true,
    },
    {
      id: "JobsNotSwept",
      description:
        "Every sweep of the last ten minutes failed to check some jobs. Check first the sweeper's log, for 'job not swept' with the job and the name of the error. A service may throttle or refuse the sweeper, or a row may have a form that it cannot read.",
      // `Minimum` requires a failure in every sweep: a job that fails in only one sweep has recovered.
      metric: ownMetric(scope, "JobsNotSwept", { statistic: "Minimum", period: FIVE_MINUTES }),
      threshold: 1,
      periods: 2,
      isBasic: true,
    },
    {
      id: "BanksNotLookedAt",
      description:
        "Looks at the banks for which jobs wait fail one after the other, so jobs may wait on although their bank is back. Check first the log of the function LookAtBanks, for 'bank not looked at', 'job not woken' and 'banks not looked at' with the error's name, and for 'Task timed out'.",
      metric: total([bankLooks.metricErrors()], FIVE_MINUTES),
      threshold: 3,
    },
    {
      id: "SweepsInDeadLetters",
      description:
        "Sweeps failed or did not start, and their events are in the sweeper's dead-letter queue. Do not send them again: the next sweep did their work. Check first the error in a message of the queue, then the sweeper's log of that minute. SQS deletes the messages after 14 days.",
      // Counts new messages, not stored ones, so that the alarm ends when no new messages arrive.
      metric: deadLetters.metricNumberOfMessagesSent({ statistic: "Sum", period: FIVE_MINUTES }),
      threshold: 1,
    },
    {
      id: "JobRunsTooLong",
      description: `A job has been running for longer than the time for following it (${followLimitMinutes} minutes) and for its user's answers together; the time in the queue does not count. Check first that sweeps end and repair jobs, then the oldest execution that runs, and its current state.`,
      metric: ownMetric(scope, "OldestRunningJob", { period: FIVE_MINUTES }),
      threshold: (followLimitMinutes + USERS_MINUTES) * 60_000,
      periods: 3,
      isBasic: true,
    },
  ];
}
