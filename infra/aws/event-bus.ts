import { Duration, Stack } from "aws-cdk-lib";
import { Archive, EventBus } from "aws-cdk-lib/aws-events";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { CfnPipe } from "aws-cdk-lib/aws-pipes";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { GIVE_UP_AFTER } from "./dead-letters.ts";
import { grantStream } from "./grants.ts";
import type { Tables } from "./tables.ts";

export interface JobEventBusProps {
  tables: Tables;
  /** Receives the places of records that could not be passed on within 23 hours. */
  lostRecords: Queue;
  /** For how many days the bus can replay its events; 0: it has no archive. */
  archiveDays: number;
}

/** The `source` of every event on the bus. */
const SOURCE = "connection-jobs";

const IMAGE = "$.dynamodb.NewImage";

const OF_ALL = { id: `<${IMAGE}.id.S>`, eventTypeId: `<${IMAGE}.typeId.S>` };

/**
 * Which rows are events of each kind, and what the bus gets: ids, and no data of the job. Each kind needs a pipe of its own,
 * because the template of a pipe names fields that all of its rows must have.
 */
const KINDS = [
  {
    pipeId: "Pipe",
    isKind: { job: { M: { id: { S: [{ exists: true }] } } } },
    detail: { ...OF_ALL, userId: `<${IMAGE}.job.M.userId.S>`, jobId: `<${IMAGE}.job.M.id.S>` },
  },
  {
    pipeId: "OtherPipe",
    isKind: { path: { S: [{ exists: true }] } },
    detail: { ...OF_ALL, path: `<${IMAGE}.path.S>` },
  },
];

function newEvents(isKind: object) {
  return { eventName: ["INSERT"], dynamodb: { NewImage: { listed: { S: ["events"] }, ...isKind } } };
}

/** An EventBridge bus with the ids of every event, for other services of the account. Pipes pass on what is stored. */
export class JobEventBus extends Construct {
  readonly bus: EventBus;

  constructor(scope: Construct, id: string, { tables, lostRecords, archiveDays }: JobEventBusProps) {
    super(scope, id);
    this.bus = new EventBus(this, "Bus");
    if (archiveDays > 0) {
      new Archive(this, "Archive", {
        sourceEventBus: this.bus,
        eventPattern: { source: [SOURCE] },
        retention: Duration.days(archiveDays),
      });
    }
    const role = new Role(this, "PipeRole", {
      assumedBy: new ServicePrincipal("pipes.amazonaws.com", {
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    });
    const source = grantStream(this, tables.events, role);
    role.addToPolicy(
      new PolicyStatement({ actions: ["events:PutEvents"], resources: [this.bus.eventBusArn] }),
    );
    role.addToPolicy(
      new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [lostRecords.queueArn] }),
    );
    for (const { pipeId, isKind, detail } of KINDS) {
      const pipe = new CfnPipe(this, pipeId, {
        roleArn: role.roleArn,
        source,
        sourceParameters: {
          filterCriteria: { filters: [{ pattern: JSON.stringify(newEvents(isKind)) }] },
          dynamoDbStreamParameters: {
            startingPosition: "TRIM_HORIZON",
            onPartialBatchItemFailure: "AUTOMATIC_BISECT",
            maximumRecordAgeInSeconds: GIVE_UP_AFTER.toSeconds(),
            deadLetterConfig: { arn: lostRecords.queueArn },
          },
        },
        target: this.bus.eventBusArn,
        targetParameters: {
          eventBridgeEventBusParameters: { source: SOURCE, detailType: `${IMAGE}.typeId.S` },
          inputTemplate: JSON.stringify(detail),
        },
      });
      // The pipe reads the stream as soon as it is created.
      pipe.node.addDependency(role);
    }
  }
}
