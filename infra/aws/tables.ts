import { RemovalPolicy } from "aws-cdk-lib";
import { AttributeType, BillingMode, ProjectionType, Table } from "aws-cdk-lib/aws-dynamodb";
import { Construct } from "constructs";
import { acknowledge } from "./acknowledge.ts";

export interface TablesOptions {
  retentionDays: number;
  deletionProtection: boolean;
}

export class Tables extends Construct {
  /**
   * Stores jobs, claims, records of refused logins, replies to requests with an idempotency key, request counters, and API
   * keys.
   */
  readonly jobs: Table;
  /** Stores encrypted logins and answers. Has no backups, and is deleted with the stack. */
  readonly secrets: Table;

  /** The environment of a function that reads or writes jobs. */
  readonly jobsEnvironment: Record<string, string>;

  constructor(scope: Construct, id: string, { retentionDays, deletionProtection }: TablesOptions) {
    super(scope, id);
    this.jobs = new Table(this, "Jobs", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      billingMode: BillingMode.PAY_PER_REQUEST,
      timeToLiveAttribute: "expiresAt",
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
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
    this.jobsEnvironment = { JOBS_TABLE: this.jobs.tableName, RETENTION_DAYS: String(retentionDays) };
  }
}
