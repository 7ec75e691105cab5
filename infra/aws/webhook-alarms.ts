import { Duration } from "aws-cdk-lib";
import type { Construct } from "constructs";
import type { AlarmOfList } from "./alarm-of-list.ts";
import { ownMetric, total } from "./own-metrics.ts";
import type { Watched } from "./watched.ts";

const FIVE_MINUTES = Duration.minutes(5);

/** Returns the alarms about webhooks: messages that do not arrive. */
export function webhookAlarms(scope: Construct, { deliverer, deliveryDeadLetters }: Watched): AlarmOfList[] {
  return [
    {
      id: "WebhookFailing",
      description:
        "A webhook has failed five times in a row. Its messages are held, and sent when its receiver answers again. Check first which one it is: GET /notifications/webhooks shows its status, and GET /notifications/webhooks/{webhookId}/messages what its receiver replied. Then ask the owner of the receiver.",
      metric: ownMetric(scope, "EndpointsFailing", { period: FIVE_MINUTES }),
      threshold: 1,
    },
    {
      id: "WebhookMessagesLate",
      description:
        "A message of a webhook has waited for more than an hour. Check first whether the alarm WebhookFailing is on: then its receiver is the cause. If it is not, read the log of the function that sends messages, for 'webhook not swept' with the error's name.",
      metric: ownMetric(scope, "OldestWaitingMessage", { period: FIVE_MINUTES }),
      threshold: Duration.hours(1).toMilliseconds(),
      periods: 3,
    },
    {
      id: "WebhooksNotSent",
      description:
        "The function that sends messages of webhooks failed or could not be begun, again and again. Messages come late. Check first its log, for 'webhook not swept' and 'messages not sent' with the error's name, and for 'Task timed out'; then the account's concurrent executions in AWS/Lambda.",
      metric: total([deliverer.metricErrors(), deliverer.metricThrottles()], FIVE_MINUTES),
      // The next sweep repairs a single failure.
      threshold: 3,
    },
    {
      id: "WebhooksInDeadLetters",
      description:
        "Invocations of the function that sends messages of webhooks failed or did not start, and their events are in its dead-letter queue. Do not send them again: the next sweep did their work, unless an owner had asked for a message to be sent again, who has to ask once more. Check first the error in a message of the queue, then the log of that minute. SQS deletes the messages after 14 days.",
      metric: deliveryDeadLetters.metricNumberOfMessagesSent({ statistic: "Sum", period: FIVE_MINUTES }),
      threshold: 1,
    },
  ];
}
