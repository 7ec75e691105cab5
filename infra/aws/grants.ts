import type { Table } from "aws-cdk-lib/aws-dynamodb";
import { Effect, type IGrantable, PolicyStatement } from "aws-cdk-lib/aws-iam";
import type { Key } from "aws-cdk-lib/aws-kms";
import type { ISecret } from "aws-cdk-lib/aws-secretsmanager";
import type { IConstruct } from "constructs";
import { acknowledgeWildcard } from "./acknowledge.ts";
import type { Tables } from "./tables.ts";

type RowAction = "GetItem" | "BatchGetItem" | "PutItem" | "UpdateItem" | "DeleteItem";
type RowKind =
  | "job"
  | "claim"
  | "refused"
  | "outage"
  | "rate#token"
  | "rate#user"
  | "rate#address"
  | "rate#public"
  | "rate#room"
  | "idempotency"
  | "api-key"
  | "erased"
  | "waiter"
  | "link";

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
  grantKeys(grantee, jobs.tableArn, actions, ...kinds.map((kind) => `${kind}#*`));
}

/** Grants queries of one index of the jobs table, limited to partition keys that start with one of `beginnings` and a `#`. */
export function grantIndex(
  { jobs }: Pick<Tables, "jobs">,
  grantee: IGrantable,
  indexName: string,
  ...beginnings: string[]
) {
  const patterns = beginnings.map((one) => `${one}#*`);
  grantKeys(grantee, `${jobs.tableArn}/index/${indexName}`, ["Query"], ...patterns);
}

/** Grants finding and deleting all rows that are written for a user. */
export function grantErasing(tables: Pick<Tables, "jobs" | "events">, grantee: IGrantable) {
  grantIndex(tables, grantee, "owned-by-user", "user");
  grantRows(tables, grantee, ["job", "claim", "refused", "idempotency", "rate#user"], "DeleteItem");
  grantRows(tables, grantee, ["link"], "PutItem");
  grantEvents(tables, grantee, ["erased"], "PutItem");
  grantEvents(tables, grantee, ["event", "message", "order"], "DeleteItem");
  grantEvents(tables, grantee, ["webhooks"], "GetItem");
  grantKeys(grantee, `${tables.events.tableArn}/index/by-user`, ["Query"], "user#*");
}

/** Grants actions on all rows of the secrets table. */
export function grantSecrets(
  { secrets }: Pick<Tables, "secrets">,
  grantee: IGrantable,
  ...actions: RowAction[]
) {
  secrets.grant(grantee, ...actions.map((action) => `dynamodb:${action}`));
}

type EventRowKind =
  | "event"
  | "erased"
  | "set-aside"
  | "upstream-message"
  | "webhooks"
  | "webhook-state"
  | "message"
  | "order"
  | "institution"
  | "institution-traffic";

/** Grants actions on the secrets of webhooks in the secrets table, and on no others. */
export function grantWebhookSecrets(
  { secrets }: Pick<Tables, "secrets">,
  grantee: IGrantable,
  ...actions: RowAction[]
) {
  grantKeys(grantee, secrets.tableArn, actions, "webhook#*");
}

/** Grants actions on the ids of links in the secrets table, and on no others. */
export function grantLinkSecrets(
  { secrets }: Pick<Tables, "secrets">,
  grantee: IGrantable,
  ...actions: RowAction[]
) {
  grantKeys(grantee, secrets.tableArn, actions, "auth-link#*");
}

/** Grants actions on the rows of the events table whose partition key starts with one of the kinds. */
export function grantEvents(
  { events }: Pick<Tables, "events">,
  grantee: IGrantable,
  kinds: EventRowKind[],
  ...actions: RowAction[]
) {
  grantKeys(grantee, events.tableArn, actions, ...kinds.map((kind) => `${kind}#*`));
}

/** Grants queries of both indexes of the events table. */
export function grantEventIndexes({ events }: Pick<Tables, "events">, grantee: IGrantable) {
  grantKeys(grantee, `${events.tableArn}/index/by-time`, ["Query"], "events");
  grantKeys(grantee, `${events.tableArn}/index/by-user`, ["Query"], "user#*");
}

/** Grants queries of indexes of the events table for the messages of webhooks. */
export function grantMessageIndexes(
  { events }: Pick<Tables, "events">,
  grantee: IGrantable,
  ...indexes: ("waiting-by-age" | "by-time")[]
) {
  for (const index of indexes) {
    const pattern = index === "by-time" ? "messages#*" : "waiting#*";
    grantKeys(grantee, `${events.tableArn}/index/${index}`, ["Query"], pattern);
  }
}

/** Grants finding the messages of the aggregator's webhooks that wait. */
export function grantUpstreamMessages({ events }: Pick<Tables, "events">, grantee: IGrantable) {
  grantKeys(grantee, `${events.tableArn}/index/by-time`, ["Query"], "upstream-messages");
}

function grantKeys(
  grantee: IGrantable,
  resource: string,
  actions: (RowAction | "Query")[],
  ...patterns: string[]
) {
  grantee.grantPrincipal.addToPrincipalPolicy(
    new PolicyStatement({
      effect: Effect.ALLOW,
      actions: actions.map((action) => `dynamodb:${action}`),
      resources: [resource],
      conditions: { "ForAllValues:StringLike": { "dynamodb:LeadingKeys": patterns } },
    }),
  );
}

/** Grants what AWS needs to read the stream of a table for a grantee within `scope`. Returns the stream. */
export function grantStream(scope: IConstruct, table: Table, grantee: IGrantable): string {
  const stream = table.tableStreamArn;
  if (stream === undefined) throw new Error("The table has no stream.");
  const streams = `${table.tableArn}/stream/*`;
  const allow = (resource: string, ...actions: string[]) =>
    grantee.grantPrincipal.addToPrincipalPolicy(
      new PolicyStatement({
        effect: Effect.ALLOW,
        actions: actions.map((action) => `dynamodb:${action}`),
        resources: [resource],
      }),
    );
  allow(stream, "DescribeStream", "GetRecords", "GetShardIterator");
  allow(streams, "ListStreams");
  const reason = "AWS lists the streams of the table: it knows this action for all of them only.";
  acknowledgeWildcard(scope, streams, reason);
  return stream;
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
