import { Duration, RemovalPolicy } from "aws-cdk-lib";
import { HttpApi, HttpRoute, HttpRouteKey, HttpStage } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { AttributeType, BillingMode, Table } from "aws-cdk-lib/aws-dynamodb";
import { type ISecret, Secret } from "aws-cdk-lib/aws-secretsmanager";
import { Construct } from "constructs";
import { accessLog } from "./access-log.ts";
import { acknowledge } from "./acknowledge.ts";
import { grantReading } from "./grants.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";

export interface DeployedSandboxProps {
  shared: SharedOptions;
  /** The banks' pace is multiplied by it. 1 when absent. */
  timeScale?: number;
}

/** The walks are the control side's: it finds the jobs that wait for a bank, and deletes everything. */
const ACTIONS = ["GetItem", "Query", "PutItem", "UpdateItem", "Scan", "BatchWriteItem"];

/** Just under the 30 s after which the gateway answers in its place. */
const TIMEOUT = Duration.seconds(29);

/** Enough for tests. The address is open to everybody, and every call is written down. */
const THROTTLE = { rateLimit: 50, burstLimit: 100 };

/** The sandbox bank behind an address of its own: an upstream to try the system with. Gone with the stack. */
export class DeployedSandbox extends Construct {
  /** Where it answers, without a trailing slash. */
  readonly url: string;
  /** Generated. Opens its API and its control side. */
  readonly apiKeySecret: ISecret;

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
    // By its ARN, since the class does not fit its own interface where optional properties are exact.
    this.apiKeySecret = Secret.fromSecretCompleteArn(this, "ApiKeyByArn", secretArn);
    const api = new HttpApi(this, "Http", { createDefaultStage: false });
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
}
