import { expect, test } from "vitest";
import * as z from "zod";
import { functionsByEntry, ofType, referredTo, withoutHash } from "./resources.ts";
import { permissionsOfRole } from "./statements.ts";
import { synthesizedResources } from "./synthesized.ts";

const resources = synthesizedResources({ upstream: "sandbox" });
const withoutSandbox = synthesizedResources();
const functions = functionsByEntry(resources);
const sandbox = functions.get("sandbox/sandbox.lambda.ts");

const ofSandbox = (type: string) =>
  ofType(resources, type).filter(([logicalId]) => logicalId.startsWith("Sandbox"));
const only = (type: string) => {
  const [found, ...more] = ofSandbox(type);
  expect(more).toEqual([]);
  return found?.[1];
};
const variablesOf = (properties: unknown) =>
  z.object({ Environment: z.object({ Variables: z.record(z.string(), z.unknown()) }) }).parse(properties)
    .Environment.Variables;

test("there is none unless it was asked for, and nothing else is different then", () => {
  const ids = Object.keys(withoutSandbox);
  expect(ids.filter((id) => id.startsWith("Sandbox"))).toEqual([]);
  expect(Object.keys(resources).filter((id) => !id.startsWith("Sandbox"))).toEqual(ids);
});

test("it may use its own table and read its own key, and no more", () => {
  const role = referredTo(sandbox?.Properties["Role"]);
  const table = (action: string) => [`dynamodb:${action}`, "SandboxState"];
  expect(permissionsOfRole(resources, role)).toEqual([
    table("BatchWriteItem"),
    table("GetItem"),
    table("PutItem"),
    table("Query"),
    table("Scan"),
    table("UpdateItem"),
    ["logs:CreateLogStream", "SandboxAnswerLogs"],
    ["logs:PutLogEvents", "SandboxAnswerLogs"],
    ["secretsmanager:GetSecretValue", "SandboxApiKey"],
  ]);
});

test("its table ends rows by themselves and goes with the stack", () => {
  expect(only("AWS::DynamoDB::Table")).toMatchObject({
    DeletionPolicy: "Delete",
    Properties: {
      KeySchema: [
        { AttributeName: "pk", KeyType: "HASH" },
        { AttributeName: "sk", KeyType: "RANGE" },
      ],
      TimeToLiveSpecification: { AttributeName: "expiresAt", Enabled: true },
      BillingMode: "PAY_PER_REQUEST",
    },
  });
});

test("its key is generated while deploying, and only named to the functions", () => {
  const [[secretId, secret] = []] = ofSandbox("AWS::SecretsManager::Secret");
  expect(Object.keys(secret?.Properties ?? {}).toSorted()).toEqual(["Description", "GenerateSecretString"]);
  expect(variablesOf(sandbox?.Properties)["SANDBOX_API_KEY_SECRET"]).toEqual({ Ref: secretId });
  expect(JSON.stringify(resources)).not.toContain("{{resolve:");
});

test("it answers at one address, in one route, and no faster than it should", () => {
  expect(only("AWS::ApiGatewayV2::Route")?.Properties["RouteKey"]).toBe("$default");
  expect(only("AWS::ApiGatewayV2::Integration")?.Properties).toMatchObject({ PayloadFormatVersion: "2.0" });
  expect(only("AWS::ApiGatewayV2::Stage")?.Properties).toMatchObject({
    StageName: "$default",
    DefaultRouteSettings: { ThrottlingRateLimit: 50, ThrottlingBurstLimit: 100 },
  });
  const [[apiId] = []] = ofSandbox("AWS::ApiGatewayV2::Api");
  expect(variablesOf(sandbox?.Properties)).toMatchObject({
    SANDBOX_URL: { "Fn::GetAtt": [apiId, "ApiEndpoint"] },
    TIME_SCALE: "1",
  });
});

test("the functions that call upstream call it, with its key", () => {
  const callers = [...functions.values()].filter(
    ({ Properties }) => "UPSTREAM_URL" in variablesOf(Properties),
  );
  expect(callers).toHaveLength(7);
  for (const { Properties } of callers) {
    const { UPSTREAM_URL, UPSTREAM_API_KEY_SECRET } = variablesOf(Properties);
    expect([UPSTREAM_URL, UPSTREAM_API_KEY_SECRET].map((value) => withoutHash(referredTo(value)))).toEqual([
      "SandboxHttp",
      "SandboxApiKey",
    ]);
    const permissions = permissionsOfRole(resources, referredTo(Properties["Role"]));
    expect(permissions).toContainEqual(["secretsmanager:GetSecretValue", "SandboxApiKey"]);
  }
});
