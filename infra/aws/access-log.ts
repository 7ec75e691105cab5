import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { type IAccessLogSettings, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

/**
 * Route, outcome and times: no path and no query, which hold ids, no header and no address. `functionRequestId` leads to the
 * lines of the function, where there are any: what is throttled or too large never comes to one.
 */
const FIELDS = {
  requestId: "$context.requestId",
  time: "$context.requestTimeEpoch",
  route: "$context.routeKey",
  status: "$context.status",
  bytes: "$context.responseLength",
  ms: "$context.responseLatency",
  functionMs: "$context.integration.latency",
  functionStatus: "$context.integration.status",
  functionRequestId: "$context.integration.requestId",
};

/** One line of JSON for each request that comes to an API. */
export function accessLog(scope: Construct, retention: RetentionDays): IAccessLogSettings {
  const logGroup = new LogGroup(scope, "AccessLogs", { retention, removalPolicy: RemovalPolicy.DESTROY });
  return {
    destination: new LogGroupLogDestination(logGroup),
    format: AccessLogFormat.custom(JSON.stringify(FIELDS)),
  };
}
