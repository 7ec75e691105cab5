import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { type IAccessLogSettings, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";

/**
 * Route, outcome and times: no path and no query, which hold ids, no header and no address. Our own lines
 * have the same `requestId`, where there are any: what is throttled or too large for the gateway never comes to a function.
 * `functionRequestId` is that of Lambda's lines.
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
