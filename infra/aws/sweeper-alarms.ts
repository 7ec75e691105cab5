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
 * Returns the alarms about the sweeper: jobs that it had to repair, and sweeps that failed or did not run. Time in the queue
 * does not count, because a job may wait there for 7 days.
 */
export function sweeperAlarms(scope: Construct, watched: Watched): AlarmOfList[] {
  const { sweeper, deadLetters, followLimitMinutes } = watched;
  return [
    {
      id: "SweeperFoundWork",
      description:
        "The sweeper finished jobs that something else should have: their users waited for a minute or more. Look first at the sweeper's log, for 'job mended': which jobs, and what of them? Then at the logs of the API functions and the Task functions just before, for 'Task timed out' and 'Runtime': what died there?",
      metric: total([ownMetric(scope, "JobsMended")], Duration.hours(1)),
      // The sweeper exists to repair the jobs of an occasional crash. A single job that it has to restart again and again
      // reaches 10.
      threshold: 5,
    },
    {
      id: "SweeperFailing",
      description:
        "Sweeps fail one after the other: what crashes leave stays where it is. Look first at the sweeper's log, for 'sweep failed' with the error's name, and for 'Task timed out'.",
      metric: total([sweeper.metricErrors()], FIVE_MINUTES),
      // Three of the five sweeps in a period. The next sweep repairs a single failure.
      threshold: 3,
    },
    {
      id: "SweeperStopped",
      description:
        "This alarm has no data: no sweep has come to its end for a quarter of an hour. Jobs that a crash left hang, with their logins. Look first at whether the rule that starts it every minute is enabled, then at the sweeper's log and its throttles.",
      // Every complete sweep reports the number of running jobs, even if it is 0.
      metric: ownMetric(scope, "JobsRunning", { statistic: "SampleCount", period: A_QUARTER }),
      threshold: 1,
      isHeartbeat: true,
    },
    {
      id: "JobsNotSwept",
      description:
        "There are jobs that no sweep of the last ten minutes could look at. Look first at the sweeper's log, for 'job not swept': which jobs, and the name of the error. A service may be throttling or refusing it, or a row may be none of ours.",
      // `Minimum` requires a failure in every sweep: a job that fails in only one sweep has recovered.
      metric: ownMetric(scope, "JobsNotSwept", { statistic: "Minimum", period: FIVE_MINUTES }),
      threshold: 1,
      periods: 2,
    },
    {
      id: "SweepsInDeadLetters",
      description:
        "Sweeps failed or could not be begun, and are in the sweeper's dead-letter queue. Nothing has to be sent again: the next sweep did their work. Look first at what a message there says of the error, then at the sweeper's log of that minute; messages go by themselves after 14 days.",
      // Counts new messages, not stored ones, so that the alarm ends when no new messages arrive.
      metric: deadLetters.metricNumberOfMessagesSent({ statistic: "Sum", period: FIVE_MINUTES }),
      threshold: 1,
    },
    {
      id: "JobRunsTooLong",
      description: `A job has been running for longer than following (${followLimitMinutes} minutes) and its user's answers can take together, the time in the queue not counted. Look first at whether sweeps come to their ends and mend jobs, then at the executions that run: the oldest one, and the state that it hangs in.`,
      metric: ownMetric(scope, "OldestRunningJob", { period: FIVE_MINUTES }),
      threshold: (followLimitMinutes + USERS_MINUTES) * 60_000,
      periods: 3,
    },
  ];
}
