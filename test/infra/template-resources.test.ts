import { describe, expect, test } from "vitest";
import * as z from "zod";
import { entryOf, ROUTE_NAMES, ROUTES } from "../../functions/routes.ts";
import { ENTRY_METADATA } from "../../infra/aws/entry-metadata.ts";
import { ofType, type Resource, referredTo, withoutHash } from "./resources.ts";
import { synthesizedResources } from "./synthesized.ts";

const resources = synthesizedResources();
function byName(type: string): { [name: string]: Resource } {
  return Object.fromEntries(
    ofType(resources, type).map(([logicalId, found]) => [withoutHash(logicalId), found]),
  );
}

describe("tables", () => {
  const tables = byName("AWS::DynamoDB::Table");
  const TTL = { AttributeName: "expiresAt", Enabled: true };

  test("are one for jobs and one for secrets", () => {
    expect(Object.keys(tables)).toEqual(["TablesJobs", "TablesSecrets"]);
  });

  test("jobs are backed up, outlive the stack and end by themselves", () => {
    expect(tables["TablesJobs"]).toMatchObject({
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
        TimeToLiveSpecification: TTL,
        BillingMode: "PAY_PER_REQUEST",
      },
    });
  });

  test("jobs have two indexes, each of the rows that say what they are found under, with little beside the keys", () => {
    const index = (IndexName: string, hash: string, range: string, Projection: object) => ({
      IndexName,
      KeySchema: [
        { AttributeName: hash, KeyType: "HASH" },
        { AttributeName: range, KeyType: "RANGE" },
      ],
      Projection,
    });
    const howOld = { ProjectionType: "INCLUDE", NonKeyAttributes: ["createdAt", "runsSince"] };
    expect(tables["TablesJobs"]?.Properties["GlobalSecondaryIndexes"]).toEqual([
      index("listed-by-age", "listed", "createdAt", { ProjectionType: "KEYS_ONLY" }),
      index("swept-by-time", "sweep", "sweepAt", howOld),
    ]);
    expect(tables["TablesSecrets"]?.Properties).not.toHaveProperty("GlobalSecondaryIndexes");
  });

  test("secrets are never backed up, go with the stack and end by themselves", () => {
    const secrets = tables["TablesSecrets"];
    expect(secrets).toMatchObject({
      DeletionPolicy: "Delete",
      UpdateReplacePolicy: "Delete",
      Properties: { TimeToLiveSpecification: TTL, BillingMode: "PAY_PER_REQUEST" },
    });
    expect(secrets?.Properties).not.toHaveProperty("PointInTimeRecoverySpecification");
    expect(secrets?.Properties).not.toHaveProperty("StreamSpecification");
  });
});

describe("keys", () => {
  const keys = byName("AWS::KMS::Key");

  test("are one for sealing and one for signing, and outlive the stack", () => {
    expect(Object.keys(keys)).toEqual(["KeysSealing", "KeysSigning"]);
    for (const key of Object.values(keys)) expect(key.DeletionPolicy).toBe("Retain");
  });

  test("the sealing key is symmetric and rotates", () => {
    const sealing = keys["KeysSealing"]?.Properties;
    expect(sealing?.["EnableKeyRotation"]).toBe(true);
    expect(sealing).not.toHaveProperty("KeySpec");
    expect(sealing).not.toHaveProperty("KeyUsage");
  });

  test("the signing key signs ES256", () => {
    expect(keys["KeysSigning"]?.Properties).toMatchObject({
      KeySpec: "ECC_NIST_P256",
      KeyUsage: "SIGN_VERIFY",
    });
  });
});

describe("the API", () => {
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

  test("has the routes of the wire, each served by the entry of its name, and one for everything else", () => {
    const ofTheWire = ROUTE_NAMES.map((name) => [
      `${ROUTES[name].method} ${ROUTES[name].path}`,
      entryOf(name),
    ]);
    expect(servedBy()).toEqual({
      ...Object.fromEntries(ofTheWire),
      $default: "functions/http/refuse.lambda.ts",
    });
  });

  test("invokes its functions in payload format 2.0, and is allowed to", () => {
    const integrations = ofType(resources, "AWS::ApiGatewayV2::Integration");
    for (const [, { Properties }] of integrations) {
      expect(Properties).toMatchObject({ PayloadFormatVersion: "2.0", IntegrationType: "AWS_PROXY" });
    }
    const invokers = ofType(resources, "AWS::Lambda::Permission").map(([, { Properties }]) => Properties);
    const ofTheApi = invokers.filter(({ Principal }) => Principal === "apigateway.amazonaws.com");
    expect(ofTheApi).toHaveLength(integrations.length);
    for (const invoker of ofTheApi) {
      expect(invoker).toMatchObject({ Action: "lambda:InvokeFunction", SourceArn: expect.anything() });
    }
  });

  test("lets web pages of the given origins call every method that it has, with every header that it reads", () => {
    const corsOrigins = ["https://app.example.com"];
    const [[, api] = []] = ofType(synthesizedResources({ corsOrigins }), "AWS::ApiGatewayV2::Api");
    const cors = z
      .object({ AllowMethods: z.array(z.string()), AllowHeaders: z.array(z.string()) })
      .parse(api?.Properties["CorsConfiguration"]);
    const methods = new Set(Object.values(ROUTES).map(({ method }) => method));
    expect(cors.AllowMethods.toSorted()).toEqual([...methods].toSorted());
    expect(cors.AllowHeaders).toEqual(["authorization", "content-type", "basiq-version", "idempotency-key"]);
    expect(ofType(resources, "AWS::ApiGatewayV2::Api")[0]?.[1].Properties).not.toHaveProperty(
      "CorsConfiguration",
    );
  });

  test("is throttled, and serves at its root", () => {
    const stages = ofType(resources, "AWS::ApiGatewayV2::Stage").map(([, { Properties }]) => Properties);
    expect(stages).toHaveLength(1);
    expect(stages[0]).toMatchObject({
      StageName: "$default",
      DefaultRouteSettings: { ThrottlingRateLimit: 500, ThrottlingBurstLimit: 1000 },
    });
  });
});
