import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { HttpApi, HttpRoute, HttpRouteKey, HttpStage } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { accessLog } from "./access-log.ts";
import { acknowledge } from "./acknowledge.ts";
import { grantReading } from "./grants.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsNamespace } from "./own-metrics.ts";

export interface DeployedSandboxProps {
  shared: SharedOptions;
  /** Multiplies the speed of the banks. Default: 1. */
  timeScale?: number;
}

/** The control API needs `Scan` and `BatchWriteItem`: it searches for jobs that wait for a bank, and deletes everything. */
const ACTIONS = ["GetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "Scan", "BatchWriteItem"];

/** Must be less than 30 s: after 30 s the gateway replies in place of the function. */
const TIMEOUT = Duration.seconds(29);

/**
 * The limit is enough for tests. A limit is needed because everybody can reach the URL, and the sandbox records every call.
 */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/**
 * Deploys the sandbox bank with its own URL, as an aggregator for trying out the system. Deleting the stack deletes all its
 * data.
 */
export class DeployedSandbox extends Construct {
  /** The URL of the sandbox bank, without a trailing slash. */
  readonly url: string;
  /** A generated API key, valid for the bank's API and its control API. */
  readonly apiKeySecret: ISecret;
  readonly #answer: LambdaFunction;

  constructor(scope: Construct, id: string, { shared, timeScale = 1 }: DeployedSandboxProps) {
    super(scope, id);
    const table = new Table(this, "State", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: "expiresAt",
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const secret = new Secret(this, "ApiKey", {
      description: "The API key of the sandbox bank",
      generateSecretString: { excludePunctuation: true, passwordLength: 40 },
      removalPolicy: RemovalPolicy.DESTROY,
    });
    const { secretArn } = secret;
    // Imported by ARN, because the class `Secret` does not satisfy `ISecret` under `exactOptionalPropertyTypes`.
    this.apiKeySecret = Secret.fromSecretCompleteArn(this, "ApiKeyByArn", secretArn);
    const api = new HttpApi(this, "Http", {
      apiName: `${metricsNamespace(this)} sandbox`,
      createDefaultStage: false,
    });
    new HttpStage(this, "Stage", {
      httpApi: api,
      stageName: "$default",
      autoDeploy: true,
      throttle: THROTTLE,
      accessLogSettings: accessLog(this, shared.logRetention),
    });
    this.url = api.apiEndpoint;

    const answer = nodeFunction(this, "Answer", {
      entry: "sandbox/sandbox.lambda.ts",
      timeout: TIMEOUT,
      environment: {
        SANDBOX_TABLE: table.tableName,
        SANDBOX_URL: this.url,
        SANDBOX_API_KEY_SECRET: secretArn,
        TIME_SCALE: String(timeScale),
      },
      shared,
    });
    new HttpRoute(this, "Anything", {
      httpApi: api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: new HttpLambdaIntegration("Answer", answer),
    });
    this.#answer = answer;
    table.grant(answer, ...ACTIONS.map((action) => `dynamodb:${action}`));
    grantReading(this.apiKeySecret, answer);
    acknowledge(this, "APIG4", "The function takes its own API key and tokens, as the aggregator does.");
    acknowledge(table, "DDB3", "A bank that is made up, for tests: what it knows is worth no backup.");
    acknowledge(
      secret,
      "SMG4",
      "It opens a bank that is made up, and goes with the stack. Another deployment makes another one.",
    );
  }

  /** Sets where the sandbox's Consent UI sends browsers back to. The API's address is known only after the sandbox's. */
  sendBackTo(url: string): void {
    this.#answer.addEnvironment("CONSENT_RETURN_URL", url);
  }
}
