import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { IDestination, IEventSourceDlq, IFunction } from "aws-cdk-lib/aws-lambda";
import { Queue, QueueEncryption } from "aws-cdk-lib/aws-sqs";
import type { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

/** A reader of a stream stops trying a record this long after it was made, an hour before the stream drops it. */
export const GIVE_UP_AFTER = Duration.hours(23);

/** Creates a queue for work that failed. `of` names whose work it is. */
export function deadLetterQueue(scope: Construct, id: string, of: string): Queue {
  const queue = new Queue(scope, id, {
    encryption: QueueEncryption.SQS_MANAGED,
    enforceSSL: true,
    retentionPeriod: Duration.days(14),
    removalPolicy: RemovalPolicy.DESTROY,
  });
  acknowledge(
    queue,
    "SQS3",
    `It is a dead-letter queue itself: ${of}. The rule looks at queues of queues only.`,
  );
  return queue;
}

/**
 * Sends failed invocations to a queue. The CDK's own destination also grants reading the queue's attributes, which the
 * function does not need.
 */
export function sendingTo(queue: Queue): IDestination {
  return {
    bind(_, from) {
      return sendBy(from, queue);
    },
  };
}

/** As {@link sendingTo}, for the records of a stream that could not be processed. */
export function sendingRecordsTo(queue: Queue): IEventSourceDlq {
  return {
    bind(_, from) {
      return sendBy(from, queue);
    },
  };
}

function sendBy(from: IFunction, { queueArn }: Queue) {
  from.addToRolePolicy(new PolicyStatement({ actions: ["sqs:SendMessage"], resources: [queueArn] }));
  return { destination: queueArn };
}
