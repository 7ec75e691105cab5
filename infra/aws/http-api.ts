import { HttpApi, HttpMethod, HttpRoute, HttpRouteKey, HttpStage } from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import { Construct } from "constructs";
import { ROUTES } from "../../functions/wire/routes.ts";
import type { ApiFunctions } from "./api-functions.ts";

/** What a burst of one customer's users may take from the account's shared limit. */
const THROTTLE = { rateLimit: 500, burstLimit: 1000 };

export class HttpApiWithRoutes extends Construct {
  readonly api: HttpApi;
  /** Where the API answers, without a trailing slash. */
  readonly url: string;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.api = new HttpApi(this, "Http", { createDefaultStage: false });
    new HttpStage(this, "Stage", {
      httpApi: this.api,
      stageName: "$default",
      autoDeploy: true,
      throttle: THROTTLE,
    });
    this.url = this.api.apiEndpoint;
  }

  /** Every route of the list, and the catch-all that refuses in our error shape. */
  addRoutes(functions: ApiFunctions) {
    for (const [name, integration] of integrations(functions)) {
      const { method, path } = ROUTES[name];
      this.api.addRoutes({ path, methods: [HttpMethod[method]], integration });
    }
    const refuse = new HttpLambdaIntegration("Refuse", functions.refuse);
    new HttpRoute(this, "Anything", {
      httpApi: this.api,
      routeKey: HttpRouteKey.DEFAULT,
      integration: refuse,
    });
  }
}

function integrations({ byRoute }: ApiFunctions) {
  const names = ["issue-token", "create-connection", "get-job", "answer-mfa", "health"] as const;
  return names.map((name) => [name, new HttpLambdaIntegration(name, byRoute[name])] as const);
}
