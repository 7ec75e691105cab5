import { Effect, type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { Tables } from "./tables.ts";

type RowAction = "GetItem" | "BatchGetItem" | "PutItem" | "UpdateItem" | "DeleteItem";
type RowKind = "job" | "claim" | "refused" | "rate#token" | "rate#user" | "idempotency" | "api-key";

/** Rows of the jobs table, by what their key begins with: who writes jobs cannot write API keys. */
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

/** An index of the jobs table, and of it what is listed under some beginnings. */
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

export function grantSecrets(
  { secrets }: Pick<Tables, "secrets">,
  grantee: IGrantable,
  ...actions: RowAction[]
) {
  secrets.grant(grantee, ...actions.map((action) => `dynamodb:${action}`));
}

/** The sealing key, for secrets of some purposes only. A purpose may end in `*`. */
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

/** The value of a secret of Secrets Manager, and nothing else about it. */
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
