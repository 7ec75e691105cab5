import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { AlarmOfList } from "./alarm-of-list.ts";
import { ownMetric, total } from "./own-metrics.ts";
import type { Watched } from "./watched.ts";

const FIVE_MINUTES = Duration.minutes(5);

/** Returns the alarms about events: changes of jobs without an event, or without one yet. */
export function eventAlarms(scope: Construct, { eventMaker, lostRecords }: Watched): AlarmOfList[] {
  return [
    {
      id: "EventsLate",
      description:
        "Changes of jobs wait for more than five minutes until their events are made. A stream loses what is older than a day. Check first the log of the function that stores events, for 'events not stored' with the error's name, then its throttles.",
      metric: eventMaker.metric("IteratorAge", { statistic: "Maximum", period: FIVE_MINUTES }),
      threshold: FIVE_MINUTES.toMilliseconds(),
      // One late batch that the next try repairs needs no alarm.
      periods: 2,
    },
    {
      id: "EventsNotStored",
      description:
        "The function that stores events failed or could not be begun, again and again. Events come late, until the records of the stream are a day old; then they are lost. Check first its log, for 'events not stored' with the error's name, and for 'Task timed out'; then the account's concurrent executions in AWS/Lambda.",
      metric: total([eventMaker.metricErrors(), eventMaker.metricThrottles()], FIVE_MINUTES),
      // Lambda repeats a batch: a few failures need no operator.
      threshold: 10,
    },
    {
      id: "RecordsSetAside",
      description:
        "A change of a job could not be read, so that its events are missing: readers see a gap in the job's sequence. Check first the log of the function that stores events, for 'record set aside': which job, and the name of the error. Then read the job itself: its state is right.",
      metric: total([ownMetric(scope, "RecordsSetAside")], FIVE_MINUTES),
      threshold: 1,
    },
    {
      id: "RecordsLost",
      description:
        "Events were lost: for a whole day they could not be stored, or could not be put on the event bus. Check first the log of the function that stores events, for 'events not stored', then the failures of the pipe to the bus. The messages in the queue name the places in the stream; they go by themselves after 14 days.",
      metric: lostRecords.metricNumberOfMessagesSent({ statistic: "Sum", period: FIVE_MINUTES }),
      threshold: 1,
    },
  ];
}
