import { Duration } from "aws-cdk-lib";
import { type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import type { Queue } from "aws-cdk-lib/aws-sqs";
import { Construct } from "constructs";
import { deadLetterQueue } from "./dead-letters.ts";
import { runEveryMinute } from "./every-minute.ts";
import { grantEvents, grantMessageIndexes, grantSealing, grantWebhookSecrets } from "./grants.ts";
import type { Keys } from "./keys.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsEnvironment } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";

export interface WebhooksProps {
  tables: Tables;
  keys: Keys;
  apiUrl: string;
  /** No message may be sent to these URLs. Commas separate them. */
  ownUrls: string;
  stepResults: string;
  shared: SharedOptions;
}

/** A sweep begins no attempt after 4 minutes. */
const TIMEOUT = Duration.minutes(5);

/** Sends the messages of webhooks: first attempts as soon as there are messages, and every minute what is due. */
export class Webhooks extends Construct {
  readonly deliverer: LambdaFunction;
  /** Receives invocations of the function that could not start or that failed. */
  readonly deadLetters: Queue;

  constructor(
    scope: Construct,
    id: string,
    { tables, keys, apiUrl, ownUrls, stepResults, shared }: WebhooksProps,
  ) {
    super(scope, id);
    this.deadLetters = deadLetterQueue(this, "DeadLetters", "of the schedule's rule and of the function");
    this.deliverer = nodeFunction(this, "Deliver", {
      entry: "functions/webhooks/deliver-webhooks.lambda.ts",
      timeout: TIMEOUT,
      environment: {
        API_URL: apiUrl,
        OWN_URLS: ownUrls,
        EVENTS_TABLE: tables.events.tableName,
        ...metricsEnvironment(this, shared),
        SEALING_KEY_ID: keys.sealing.keyArn,
        SECRETS_TABLE: tables.secrets.tableName,
        STEP_RESULTS: stepResults,
      },
      shared,
    });
    // A message that its owner asked for again is not sent if its invocation fails. The next run sends all others.
    runEveryMinute(this, this.deliverer, { deadLetters: this.deadLetters, maxEventAge: Duration.minutes(5) });
    this.#grant(tables, keys);
  }

  /** Lets a function begin first attempts. `environment` has to go to the same function. */
  grantWaking(grantee: IGrantable): void {
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        actions: ["lambda:InvokeFunction"],
        resources: [this.deliverer.functionArn],
      }),
    );
  }

  get environment(): Record<string, string> {
    return { DELIVER_FUNCTION: this.deliverer.functionArn };
  }

  #grant(tables: Tables, keys: Keys) {
    grantEvents(tables, this.deliverer, ["webhooks"], "GetItem", "PutItem");
    grantEvents(tables, this.deliverer, ["event"], "GetItem", "PutItem");
    grantEvents(tables, this.deliverer, ["message"], "GetItem", "PutItem", "UpdateItem", "DeleteItem");
    grantEvents(tables, this.deliverer, ["webhook-state"], "GetItem", "UpdateItem", "DeleteItem");
    grantEvents(tables, this.deliverer, ["order"], "DeleteItem");
    grantMessageIndexes(tables, this.deliverer, "waiting-by-age", "by-time");
    grantWebhookSecrets(tables, this.deliverer, "GetItem", "DeleteItem");
    grantSealing(keys.sealing, this.deliverer, "Decrypt", "webhook-*");
  }
}
