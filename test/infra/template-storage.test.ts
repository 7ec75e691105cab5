import { describe, expect, test } from "vitest";
import { ofType, type Resource, synthesizedResources, withoutHash } from "./synthesized.ts";

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
