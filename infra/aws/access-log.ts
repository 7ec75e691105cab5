import { RemovalPolicy } from "aws-cdk-lib";
import { AccessLogFormat } from "aws-cdk-lib/aws-apigateway";
import { type IAccessLogSettings, LogGroupLogDestination } from "aws-cdk-lib/aws-apigatewayv2";
import { LogGroup, type RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import { vendedLogGroupName } from "./own-metrics.ts";

/**
 * Logs the route, the outcome and the times of a request. Leaves out path and query, because they hold ids, and headers and
 * address. `requestId` also appears in the log lines of our functions. A request that the gateway throttles or finds too large
 * has no such lines, because it never reaches a function. `functionRequestId` is the request id in Lambda's own log lines.
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

/** Logs one line of JSON for each request to an API. */
export function accessLog(scope: Construct, retention: RetentionDays): IAccessLogSettings {
  const logGroup = new LogGroup(scope, "AccessLogs", {
    logGroupName: vendedLogGroupName(scope),
    retention,
    removalPolicy: RemovalPolicy.DESTROY,
  });
  return {
    destination: new LogGroupLogDestination(logGroup),
    format: AccessLogFormat.custom(JSON.stringify(FIELDS)),
  };
}
