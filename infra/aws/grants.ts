import { Effect, type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { Tables } from "./tables.ts";

type RowAction = "GetItem" | "BatchGetItem" | "PutItem" | "UpdateItem" | "DeleteItem";
type RowKind = "job" | "claim" | "refused" | "rate#token" | "rate#user" | "idempotency" | "api-key";

/**
 * Grants actions on the rows of the jobs table whose partition key starts with one of the kinds. For example, a function that
 * writes jobs cannot write API keys.
 */
export function grantRows(
  { jobs }: Pick<Tables, "jobs">,
  grantee: IGrantable,
  kinds: RowKind[],
  ...actions: RowAction[]
) {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [jobs.tableArn],
      conditions: {
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": kinds.map((kind) => `${kind}#*`) },
      },
    }),
  );
}

/** Grants queries of one index of the jobs table, limited to partition keys that start with one of `beginnings` and a `#`. */
export function grantIndex(
  { jobs }: Pick<Tables, "jobs">,
  grantee: IGrantable,
  indexName: string,
  ...beginnings: string[]
) {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: ["dynamodb:Query"],
      resources: [`${jobs.tableArn}/index/${indexName}`],
      conditions: {
        "ForAllValues:StringLike": { "dynamodb:LeadingKeys": beginnings.map((one) => `${one}#*`) },
      },
    }),
  );
}

/** Grants actions on all rows of the secrets table. */
export function grantSecrets(
  { secrets }: Pick<Tables, "secrets">,
  grantee: IGrantable,
  ...actions: RowAction[]
) {
  secrets.grant(grantee, ...actions.map((action) => `dynamodb:${action}`));
}

/** Grants one KMS action with the sealing key, for secrets with the given purposes only. A purpose may end in `*`. */
export function grantSealing(
  sealing: Key,
  grantee: IGrantable,
  action: "Encrypt" | "Decrypt",
  ...purposes: string[]
) {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: [`kms:${action}`],
      resources: [sealing.keyArn],
      conditions: { StringLike: { "kms:EncryptionContext:purpose": purposes } },
    }),
  );
}

/** Grants reading the value of a secret in Secrets Manager, and nothing else. */
export function grantReading(secret: ISecret, grantee: IGrantable) {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: ["secretsmanager:GetSecretValue"],
      resources: [secret.secretFullArn ?? `${secret.secretArn}-??????`],
    }),
  );
  secret.encryptionKey?.grantDecrypt(grantee);
}
