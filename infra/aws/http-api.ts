import { Duration } from "aws-cdk-lib";
import {
  ApiMapping,
  CorsHttpMethod,
  type CorsPreflightOptions,
  DomainName,
  HttpApi,
  HttpMethod,
  HttpRoute,
  HttpRouteKey,
  HttpStage,
} from "aws-cdk-lib/aws-apigatewayv2";
import { HttpLambdaIntegration } from "aws-cdk-lib/aws-apigatewayv2-integrations";
import type { ICertificate } from "aws-cdk-lib/aws-certificatemanager";
import type { RetentionDays } from "aws-cdk-lib/aws-logs";
import { Construct } from "constructs";
import {
  type EndpointName,
  endpointOf,
  methodsOfRoute,
  ROUTE_NAMES,
  ROUTES,
} from "../../functions/routes.ts";
import { accessLog } from "./access-log.ts";
import { acknowledge } from "./acknowledge.ts";
import type { ApiFunctions } from "./api-functions.ts";
import { metricsNamespace } from "./own-metrics.ts";

const LOWEST_RATE = 500;
/** Half of what AWS gives the APIs of an account together. */
const HIGHEST_RATE = 5_000;
/** As many as AWS gives the APIs of an account together at once. */
const HIGHEST_BURST = 5_000;
/** A simulation of overloads on 1,000 functions found that this is enough for jobs and for refused requests (`docs/capacity.md`). */
const RATE_OF_A_FUNCTION = 2.5;

/**
 * Returns how many requests the API takes a second, and at once, in an account that may run so many functions at once. The
 * limit leaves a part of the account's shared quota to other APIs when the users of one customer send very many requests.
 */
export function throttleFor(concurrency: number): { rateLimit: number; burstLimit: number } {
  const fitting = Math.floor(RATE_OF_A_FUNCTION * concurrency);
  const rateLimit = Math.min(HIGHEST_RATE, Math.max(LOWEST_RATE, fitting));
  return { rateLimit, burstLimit: Math.min(HIGHEST_BURST, 2 * rateLimit) };
}

/** A custom domain name for the API. */
export interface ApiDomain {
  readonly name: string;
  /** Must be in the same region as the API. */
  readonly certificate: ICertificate;
}

export interface HttpApiOptions {
  domain: ApiDomain | undefined;
  /** Origins of web pages that may call the API. Empty: none. */
  corsOrigins: readonly string[];
  logRetention: RetentionDays;
  /** How many functions the account may run at once. */
  concurrency: number;
}

export class HttpApiWithRoutes extends Construct {
  readonly http: HttpApi;
  /** The URL of the API, without a trailing slash. */
  readonly url: string;
  /** All addresses of the API, as a list with commas: with a custom domain, the address that AWS gave it works too. */
  readonly ownUrls: string;
  /** The target of the domain's DNS record. Undefined without a custom domain. */
  readonly domainTarget: string | undefined;
  readonly #answersPages: boolean;

  constructor(scope: Construct, id: string, options: HttpApiOptions) {
    const { domain, corsOrigins, logRetention, concurrency } = options;
    super(scope, id);
    this.#answersPages = corsOrigins.length > 0;
    this.http = new HttpApi(this, "Http", {
      apiName: metricsNamespace(this),
      createDefaultStage: false,
      ...(corsOrigins.length > 0 && { corsPreflight: corsFor(corsOrigins) }),
    });
    const stage = new HttpStage(this, "Stage", {
      httpApi: this.http,
      stageName: "$default",
      autoDeploy: true,
      throttle: throttleFor(concurrency),
      accessLogSettings: accessLog(this, logRetention),
    });
    acknowledge(
      this,
      "APIG4",
      "Each function verifies its caller's token first, and refuses in the published words, which an authorizer cannot say. POST /token takes API keys; GET /health, GET /openapi.json and refusals need nobody.",
    );
    this.url = domain === undefined ? this.http.apiEndpoint : `https://${domain.name}`;
    this.ownUrls = domain === undefined ? this.url : `${this.url},${this.http.apiEndpoint}`;
    this.domainTarget = domain && this.#mapDomain(domain, stage);
  }

  /** Adds every route in `ROUTES`, and a default route that refuses all other requests with an error in our format. */
  addRoutes(functions: ApiFunctions) {
    const integrations = new Map<EndpointName, HttpLambdaIntegration>();
    for (const name of ROUTE_NAMES) {
      const endpoint = endpointOf(name);
      const integration = integrations.get(endpoint) ?? integrationOf(endpoint, functions);
      integrations.set(endpoint, integration);
      const methods = methodsOfRoute(name).map((method) => HttpMethod[method]);
      this.http.addRoutes({ path: ROUTES[name].path, methods, integration });
    }
    const refuse = new HttpLambdaIntegration("Refuse", functions.refuse);
    // The default route catches preflights too, so they have a route of their own.
    if (this.#answersPages) {
      this.http.addRoutes({ path: "/{proxy+}", methods: [HttpMethod.OPTIONS], integration: refuse });
    }
    new HttpRoute(this, "Anything", {
      httpApi: this.http,
      routeKey: HttpRouteKey.DEFAULT,
      integration: refuse,
    });
  }

  #mapDomain({ name, certificate }: ApiDomain, stage: HttpStage): string {
    const domainName = new DomainName(this, "Domain", { domainName: name, certificate });
    new ApiMapping(this, "Mapping", { api: this.http, domainName, stage });
    return domainName.regionalDomainName;
  }
}

/** `pass-through` serves so many routes that one permission for each would exceed the 20,480 bytes of a function's policy. */
function integrationOf(endpoint: EndpointName, { byEndpoint }: ApiFunctions): HttpLambdaIntegration {
  const scopePermissionToRoute = endpoint !== "pass-through";
  return new HttpLambdaIntegration(endpoint, byEndpoint[endpoint], { scopePermissionToRoute });
}

function corsFor(origins: readonly string[]): CorsPreflightOptions {
  return {
    allowOrigins: [...origins],
    allowMethods: [CorsHttpMethod.GET, CorsHttpMethod.POST, CorsHttpMethod.DELETE],
    allowHeaders: ["authorization", "content-type", "basiq-version", "idempotency-key", "if-none-match"],
    exposeHeaders: ["etag", "retry-after"],
    maxAge: Duration.hours(1),
  };
}
