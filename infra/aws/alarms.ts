import { Stack } from "aws-cdk-lib";
import { Alarm, ComparisonOperator, TreatMissingData } from "aws-cdk-lib/aws-cloudwatch";
import { SnsAction } from "aws-cdk-lib/aws-cloudwatch-actions";
import { PolicyStatement, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Topic } from "aws-cdk-lib/aws-sns";
import { EmailSubscription } from "aws-cdk-lib/aws-sns-subscriptions";
import { Construct } from "constructs";
import type { Monitoring } from "../../functions/platform/environment.ts";
import { alarmsFor } from "./alarm-list.ts";
import type { Watched } from "./watched.ts";

export interface AlarmsProps extends Watched {
  /**
   * Subscribes this address to the alarms; AWS first sends a mail to confirm the subscription. Without an address, subscribe
   * to the topic yourself.
   */
  email?: string | undefined;
  monitoring: Monitoring;
}

const WHEN_MORE = {
  comparisonOperator: ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
  treatMissingData: TreatMissingData.NOT_BREACHING,
};
/** A heartbeat that stops has no data. A new alarm begins without data and without a notice, so a first deployment sends none. */
const WHEN_FEWER = {
  comparisonOperator: ComparisonOperator.LESS_THAN_THRESHOLD,
  treatMissingData: TreatMissingData.MISSING,
};

/** Publishes to a topic when an alarm starts and when it ends. */
export class Alarms extends Construct {
  readonly topic: Topic;
  readonly all: readonly Alarm[];

  constructor(scope: Construct, id: string, { email, monitoring, ...watched }: AlarmsProps) {
    super(scope, id);
    this.topic = new Topic(this, "Topic", { displayName: "Connection Jobs", enforceSSL: true });
    this.#letCloudWatchPublish();
    if (email !== undefined) this.topic.addSubscription(new EmailSubscription(email));
    const action = new SnsAction(this.topic);
    this.all = alarmsFor(this, watched, monitoring).map(
      ({ id, description, metric, threshold, periods, isHeartbeat }) => {
        const alarm = new Alarm(this, id, {
          alarmDescription: `${description} Runbook: docs/runbooks.md, ${id}.`,
          metric,
          threshold,
          evaluationPeriods: periods ?? 1,
          ...(isHeartbeat ? WHEN_FEWER : WHEN_MORE),
        });
        alarm.addAlarmAction(action);
        alarm.addOkAction(action);
        if (isHeartbeat) alarm.addInsufficientDataAction(action);
        return alarm;
      },
    );
  }

  /** Replaces the default topic policy, which lets the whole account publish. */
  #letCloudWatchPublish() {
    this.topic.addToResourcePolicy(
      new PolicyStatement({
        principals: [new ServicePrincipal("cloudwatch.amazonaws.com")],
        actions: ["sns:Publish"],
        resources: [this.topic.topicArn],
        conditions: { StringEquals: { "aws:SourceAccount": Stack.of(this).account } },
      }),
    );
  }
}
