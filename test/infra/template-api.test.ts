import { expect, test } from "vitest";
import * as z from "zod";
import { ROUTES } from "../../functions/wire/routes.ts";
import { ENTRY_METADATA } from "../../infra/aws/entry-metadata.ts";
import { ofType, referredTo, synthesizedResources } from "./synthesized.ts";

const resources = synthesizedResources();
const route = z.object({
  RouteKey: z.string(),
  Target: z.object({
    "Fn::Join": z.tuple([z.literal(""), z.tuple([z.literal("integrations/"), z.unknown()])]),
  }),
});

/** The entry that serves each route key. */
function servedBy(): { [routeKey: string]: unknown } {
  const routes = ofType(resources, "AWS::ApiGatewayV2::Route").map(([, found]) =>
    route.parse(found.Properties),
  );
  return Object.fromEntries(
    routes.map(({ RouteKey, Target }) => {
      const integration = resources[referredTo(Target["Fn::Join"][1][1])];
      const served = resources[referredTo(integration?.Properties["IntegrationUri"])];
      return [RouteKey, served?.Metadata[ENTRY_METADATA]];
    }),
  );
}

test("the API has the routes of the wire, each served by the entry of its name, and one for everything else", () => {
  const ofTheWire = Object.entries(ROUTES).map(([name, { method, path }]) => [
    `${method} ${path}`,
    `functions/api/${name}.lambda.ts`,
  ]);
  expect(servedBy()).toEqual({
    ...Object.fromEntries(ofTheWire),
    $default: "functions/api/refuse.lambda.ts",
  });
});

test("a function gets requests in payload format 2.0, and may be invoked by the API", () => {
  const integrations = ofType(resources, "AWS::ApiGatewayV2::Integration");
  for (const [, { Properties }] of integrations) {
    expect(Properties).toMatchObject({ PayloadFormatVersion: "2.0", IntegrationType: "AWS_PROXY" });
  }
  const invokers = ofType(resources, "AWS::Lambda::Permission").map(([, { Properties }]) => Properties);
  expect(invokers).toHaveLength(integrations.length);
  for (const invoker of invokers) {
    expect(invoker).toMatchObject({
      Action: "lambda:InvokeFunction",
      Principal: "apigateway.amazonaws.com",
      SourceArn: expect.anything(),
    });
  }
});

test("the one stage is throttled and serves at the root", () => {
  const stages = ofType(resources, "AWS::ApiGatewayV2::Stage").map(([, { Properties }]) => Properties);
  expect(stages).toHaveLength(1);
  expect(stages[0]).toMatchObject({
    StageName: "$default",
    DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 },
  });
});
