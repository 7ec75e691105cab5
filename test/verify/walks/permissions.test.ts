import { describe, expect, test } from "vitest";
import type { Permission } from "../support/statements.ts";
import { rows } from "../support/statements.ts";
import { type Access, accessOf, allows, piecesOf } from "./permissions.ts";

const purpose = (...patterns: string[]) => ({
  StringLike: { "kms:EncryptionContext:purpose": patterns },
});
const GET: Permission = ["dynamodb:GetItem", "TablesJobs", rows("job#*", "claim#*")];
const get = (...keys: string[]): Access => ({
  action: "dynamodb:GetItem",
  resource: "TablesJobs",
  context: { "dynamodb:LeadingKeys": keys },
});
const decrypt = (context: Access["context"]): Access => ({
  action: "kms:Decrypt",
  resource: "KeysSealing",
  context,
});

describe("a permission", () => {
  test("allows its action on its resource, and no other", () => {
    expect(allows([GET], get("job#1"))).toBe(true);
    expect(allows([], get("job#1"))).toBe(false);
    expect(allows([GET], { ...get("job#1"), action: "dynamodb:PutItem" })).toBe(false);
    expect(allows([GET], { ...get("job#1"), resource: "TablesSecrets" })).toBe(false);
  });

  test("for all values holds when each is like a pattern, and when there is none", () => {
    expect(allows([GET], get("claim#u#AU00000"))).toBe(true);
    expect(allows([GET], get("api-key#1"))).toBe(false);
    expect(allows([GET], get("job#1", "api-key#1"))).toBe(false);
    expect(allows([GET], get())).toBe(true);
  });

  test("for a value does not hold when there is none", () => {
    const unseal: Permission = ["kms:Decrypt", "KeysSealing", purpose("answer-*")];
    const key = "kms:EncryptionContext:purpose";
    expect(allows([unseal], decrypt({ [key]: ["answer-1"] }))).toBe(true);
    expect(allows([unseal], decrypt({ [key]: ["login"] }))).toBe(false);
    expect(allows([unseal], decrypt({}))).toBe(false);
  });

  test("under a condition that is not known is an error, not a guess", () => {
    const unknown: Permission = ["kms:Decrypt", "KeysSealing", { StringNotLike: { "aws:x": ["y"] } }];
    expect(() => allows([unknown], decrypt({}))).toThrow("StringNotLike");
  });

  test("of a resource may leave characters open, and takes the others as they are", () => {
    const read: Permission = ["secretsmanager:GetSecretValue", "secret:a.b-??????"];
    const access = (resource: string) => ({ action: read[0], resource, context: {} });
    expect(allows([read], access("secret:a.b-AbCdEf"))).toBe(true);
    expect(allows([read], access("secret:a.b-AbCdEfG"))).toBe(false);
    expect(allows([read], access("secret:aXb-AbCdEf"))).toBe(false);
  });

  test("is taken apart into one for each pattern", () => {
    expect(piecesOf(GET)).toEqual([
      ["dynamodb:GetItem", "TablesJobs", rows("job#*")],
      ["dynamodb:GetItem", "TablesJobs", rows("claim#*")],
    ]);
    expect(piecesOf(["kms:Sign", "KeysSigning"])).toEqual([["kms:Sign", "KeysSigning"]]);
  });
});

describe("a call", () => {
  const hash = (AttributeName: string) => ({ AttributeName, KeyType: "HASH" as const });
  const index = {
    IndexName: "listed-by-age",
    KeySchema: [hash("listed")],
    Projection: { ProjectionType: "KEYS_ONLY" as const },
  };
  const surroundings = {
    tables: [{ TableName: "TablesJobs313634AE", KeySchema: [hash("pk")], GlobalSecondaryIndexes: [index] }],
    stateMachine: "WorkflowStateMachine",
  };
  const asked = (service: string, operation: string, request: Record<string, unknown>) =>
    accessOf({ service, operation, request }, surroundings);

  test("of DynamoDB names the table and the row by its partition key, read or written", () => {
    const TableName = "TablesJobs313634AE";
    expect(asked("dynamodb", "GetItem", { TableName, Key: { pk: { S: "job#1" } } })).toEqual(get("job#1"));
    const put = asked("dynamodb", "PutItem", { TableName, Item: { x: { N: "1" }, pk: { S: "job#2" } } });
    expect(put).toEqual({ ...get("job#2"), action: "dynamodb:PutItem" });
  });

  test("of DynamoDB for several rows names them all", () => {
    const Keys = ["job#1", "job#2"].map((S) => ({ pk: { S } }));
    const batch = asked("dynamodb", "BatchGetItem", { RequestItems: { TablesJobs313634AE: { Keys } } });
    expect(batch).toEqual({ ...get("job#1", "job#2"), action: "dynamodb:BatchGetItem" });
    const two = { TablesJobs313634AE: { Keys }, Other: { Keys } };
    expect(() => asked("dynamodb", "BatchGetItem", { RequestItems: two })).toThrow("More than one table");
  });

  test("of DynamoDB for an index names it, and what is asked of it by the index's own partition key", () => {
    const query = (KeyConditionExpression: string) =>
      asked("dynamodb", "Query", {
        TableName: "TablesJobs313634AE",
        IndexName: "listed-by-age",
        KeyConditionExpression,
        ExpressionAttributeValues: { ":whose": { S: "user#1" }, ":from": { S: "2026" } },
      });
    expect(query("listed = :whose AND createdAt > :from")).toEqual({
      action: "dynamodb:Query",
      resource: "TablesJobs/index/listed-by-age",
      context: { "dynamodb:LeadingKeys": ["user#1"] },
    });
    expect(() => query("pk = :whose")).toThrow("not asked by its partition key");
  });

  test("of KMS names the key and what the secret is for", () => {
    const KeyId = "arn:aws:kms:us-east-1:000000000000:key/KeysSealingEEF27743";
    expect(asked("kms", "Decrypt", { KeyId, EncryptionContext: { jobId: "1", purpose: "login" } })).toEqual(
      decrypt({ "kms:EncryptionContext:jobId": ["1"], "kms:EncryptionContext:purpose": ["login"] }),
    );
  });

  test("of Step Functions names the state machine, by its token too", () => {
    const stateMachineArn = "arn:aws:states:us-east-1:000000000000:stateMachine:WorkflowStateMachine8F1B1C15";
    const start = asked("states", "StartExecution", { stateMachineArn, name: "a" });
    expect(start).toEqual({ action: "states:StartExecution", resource: "WorkflowStateMachine", context: {} });
    expect(asked("states", "SendTaskSuccess", { taskToken: "t" })).toMatchObject({
      resource: "WorkflowStateMachine",
    });
  });

  test("of Step Functions names the one execution that it is about", () => {
    const executionArn =
      "arn:aws:states:us-east-1:000000000000:execution:WorkflowStateMachine8F1B1C15:0f1e-2";
    for (const operation of ["StopExecution", "DescribeExecution"]) {
      expect(asked("states", operation, { executionArn })).toEqual({
        action: `states:${operation}`,
        resource: "execution:WorkflowStateMachine:0f1e-2",
        context: {},
      });
    }
    const stop: Permission = ["states:StopExecution", "execution:WorkflowStateMachine:*"];
    expect(allows([stop], asked("states", "StopExecution", { executionArn }))).toBe(true);
  });

  test("of Secrets Manager names the secret with what AWS adds to its name", () => {
    expect(asked("secretsmanager", "GetSecretValue", { SecretId: "a/b" }).resource).toMatch(
      /^secret:a\/b-\w{6}$/,
    );
  });

  test("that cannot be understood is an error, not a guess", () => {
    expect(() => asked("s3", "GetObject", {})).toThrow("s3");
    expect(() => asked("dynamodb", "Scan", { TableName: "TablesJobs313634AE" })).toThrow();
  });
});
