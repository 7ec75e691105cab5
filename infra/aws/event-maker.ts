import { Duration } from "aws-cdk-lib";
import {
  EventSourceMapping,
  FilterCriteria,
  FilterRule,
  type Function as LambdaFunction,
  StartingPosition,
} from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { deadLetterQueue, GIVE_UP_AFTER, sendingRecordsTo } from "./dead-letters.ts";
import { grantEvents, grantStream } from "./grants.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsEnvironment } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";
import type { Webhooks } from "./webhooks.ts";

/** A batch makes at most a few hundred events, those of different jobs at the same time. */
const BATCH = 100;
const TIMEOUT = Duration.minutes(1);

export interface EventMakerProps {
  tables: Tables;
  webhooks: Webhooks;
  shared: SharedOptions;
}

/** Makes the events of jobs, and the messages of webhooks about them, from the stream of the jobs table. */
export class EventMaker extends Construct {
  readonly function: LambdaFunction;
  /** Receives the places of records that could not be processed within 23 hours. A stream holds them for a day. */
  readonly lostRecords: Queue;

  constructor(scope: Construct, id: string, { tables, webhooks, shared }: EventMakerProps) {
    super(scope, id);
    this.lostRecords = deadLetterQueue(this, "LostRecords", "of the records of a stream");
    this.function = nodeFunction(this, "StoreEvents", {
      entry: "functions/events/store-events.lambda.ts",
      timeout: TIMEOUT,
      environment: {
        EVENTS_TABLE: tables.events.tableName,
        ...metricsEnvironment(this, shared),
        ...webhooks.environment,
      },
      shared,
    });
    grantEvents(tables, this.function, ["event", "set-aside"], "PutItem");
    grantEvents(tables, this.function, ["erased", "webhooks"], "GetItem");
    grantEvents(tables, this.function, ["message"], "PutItem", "UpdateItem");
    grantEvents(tables, this.function, ["order"], "GetItem", "PutItem");
    grantEvents(tables, this.function, ["institution"], "GetItem", "PutItem");
    grantEvents(tables, this.function, ["institution-traffic"], "GetItem", "UpdateItem");
    webhooks.grantWaking(this.function);
    const stream = grantStream(this, tables.jobs, this.function);
    new EventSourceMapping(this, "JobChanges", {
      target: this.function,
      eventSourceArn: stream,
      startingPosition: StartingPosition.TRIM_HORIZON,
      batchSize: BATCH,
      // An insert of a job makes no event, nor does a removal.
      filters: [
        FilterCriteria.filter({
          eventName: FilterRule.isEqual("MODIFY"),
          dynamodb: { Keys: { pk: { S: FilterRule.beginsWith("job#") } } },
        }),
      ],
      // Repeats a batch for 23 hours, and stops before the records expire, so that their places go to the queue. The function
      // itself sets aside a record that it cannot read.
      bisectBatchOnError: true,
      maxRecordAge: GIVE_UP_AFTER,
      onFailure: sendingRecordsTo(this.lostRecords),
    });
  }
}
