import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, StreamViewType, Table } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

export interface TablesOptions {
  retentionDays: number;
  deletionProtection: boolean;
  /** Whether events go to a bus, by a stream of their table. */
  eventBus: boolean;
}

/** The indexes of the events table, and their partition keys: all events, and those of one user. */
const EVENT_INDEXES = [
  ["by-time", "listed"],
  ["by-user", "listedUser"],
] as const;

export class Tables extends Construct {
  /**
   * Stores jobs, links for persons, claims, records of refused logins, replies to requests with an idempotency key, request counters, the slots
   * of waiting requests, and API keys.
   */
  readonly jobs: Table;
  /** Stores encrypted logins, answers, secrets of webhooks and ids of links. Has no backups, and is deleted with the stack. */
  readonly secrets: Table;
  /**
   * Stores events and the messages of webhooks for 90 days, and the webhooks. Is deleted with the stack: an event is a copy of
   * what a job was.
   */
  readonly events: Table;

  /** The environment of a function that reads or writes jobs. */
  readonly jobsEnvironment: Record<string, string>;

  constructor(scope: Construct, id: string, { retentionDays, deletionProtection, eventBus }: TablesOptions) {
    super(scope, id);
    this.jobs = new Table(this, "Jobs", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: "expiresAt",
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      // Events are made from it.
      stream: StreamViewType.NEW_AND_OLD_IMAGES,
      removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE,
      deletionProtection,
    });
    // Contains only rows that have the attribute `listed`. All other rows cost nothing here.
    this.jobs.addGlobalSecondaryIndex({
      indexName: "listed-by-age",
      partitionKey: { name: "listed", type: AttributeType.STRING },
      sortKey: { name: "createdAt", type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    // Contains only jobs that are not finished, or that have something left to clean up.
    this.jobs.addGlobalSecondaryIndex({
      indexName: "swept-by-time",
      partitionKey: { name: "sweep", type: AttributeType.STRING },
      sortKey: { name: "sweepAt", type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ["createdAt", "runsSince"],
    });
    // Contains the rows that are written for users, by the hash of the user. Erasure finds the rows of a user here.
    this.jobs.addGlobalSecondaryIndex({
      indexName: "owned-by-user",
      partitionKey: { name: "owner", type: AttributeType.STRING },
      projectionType: ProjectionType.KEYS_ONLY,
    });
    this.secrets = new Table(this, "Secrets", {
      partitionKey: { name: "jobId", type: AttributeType.STRING },
      sortKey: { name: "purpose", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: "expiresAt",
      removalPolicy: RemovalPolicy.DESTROY,
    });
    acknowledge(
      this.secrets,
      "DDB3",
      "On purpose: a backup would keep logins and answers for weeks after they were destroyed. A job whose secrets are lost fails and is asked for again.",
    );
    this.events = new Table(this, "Events", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: "expiresAt",
      ...(eventBus && { stream: StreamViewType.NEW_IMAGE }),
      removalPolicy: RemovalPolicy.DESTROY,
    });
    for (const [indexName, key] of EVENT_INDEXES) {
      this.events.addGlobalSecondaryIndex({
        indexName,
        partitionKey: { name: key, type: AttributeType.STRING },
        sortKey: { name: "place", type: AttributeType.STRING },
        projectionType: ProjectionType.ALL,
      });
    }
    // Contains only messages of webhooks that wait to be sent.
    this.events.addGlobalSecondaryIndex({
      indexName: "waiting-by-age",
      partitionKey: { name: "waiting", type: AttributeType.STRING },
      sortKey: { name: "place", type: AttributeType.STRING },
      projectionType: ProjectionType.INCLUDE,
      nonKeyAttributes: ["dueAt"],
    });
    acknowledge(
      this.events,
      "DDB3",
      "On purpose: a backup would hold events of users who were erased. An event is a copy of what a job was, and the jobs have backups.",
    );
    this.jobsEnvironment = { JOBS_TABLE: this.jobs.tableName, RETENTION_DAYS: String(retentionDays) };
  }
}
