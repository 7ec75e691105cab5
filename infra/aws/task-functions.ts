import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { grantRows, grantSealing, grantSecrets } from "./grants.ts";
import type { Keys } from "./keys.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsNamespace } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";
import { grantUpstream, type Upstream, upstreamEnvironment } from "./upstream.ts";

export interface TaskFunctionsProps {
  tables: Tables;
  keys: Keys;
  upstream: Upstream;
  shared: SharedOptions;
  policy: PolicyOptions;
}

/** When jobs wait, and for how long they are followed. */
export interface PolicyOptions {
  /** Whether a job that meets a bank that is down waits for it. */
  queue: boolean;
  /** A job that upstream does not finish fails after so much following. */
  followLimitMinutes: number;
}

/**
 * The longest exchange with upstream: a token (4 s), a list in two tries (2 × 4 s and a pause of 2 s), a login in two tries
 * (2 × 30 s and the pause), and the bank's record (as the list) make 86 s. Then comes a slice of 12 s, which a last look (as the
 * list) makes 22 s. Upstream's API key, twice read, takes 15 s at the most.
 */
const TASK_TIMEOUT = Duration.seconds(180);

/**
 * Tasks that follow a job sleep between looks, and are paid for that time by their memory: their size is where the price of a job
 * begins to grow, not where they start fast. Three slices over TLS peak at 98 MB in a bare process; what Lambda's runtime adds to
 * that leaves too little of 128 MB.
 */
const FOLLOWING_MEMORY_MB = 192;

/** A user waits for the challenge. As for the API functions, twice the memory would shorten the first reply by less than a second. */
const ASKING_MEMORY_MB = 384;

/** A function per Task of the workflow, each with just what it needs. */
export class TaskFunctions extends Construct {
  readonly openConnection: LambdaFunction;
  readonly followJob: LambdaFunction;
  readonly askForAnswer: LambdaFunction;
  readonly sendAnswer: LambdaFunction;
  readonly giveUp: LambdaFunction;
  readonly #shared: SharedOptions;

  constructor(scope: Construct, id: string, props: TaskFunctionsProps) {
    super(scope, id);
    const { tables, keys, upstream, shared, policy } = props;
    const jobs = { ...tables.jobsEnvironment, METRICS_NAMESPACE: metricsNamespace(this) };
    const decided = {
      QUEUE: policy.queue ? "on" : "off",
      FOLLOW_LIMIT_MINUTES: String(policy.followLimitMinutes),
    };
    const sealing = { SEALING_KEY_ID: keys.sealing.keyArn };
    const kept = { ...jobs, ...sealing, SECRETS_TABLE: tables.secrets.tableName };
    const reaching = { ...kept, ...decided, ...upstreamEnvironment(upstream) };

    this.#shared = shared;
    this.openConnection = this.#task("OpenConnection", "open-connection", reaching, FOLLOWING_MEMORY_MB);
    this.followJob = this.#task("FollowJob", "follow-job", reaching, FOLLOWING_MEMORY_MB);
    this.askForAnswer = this.#task(
      "AskForAnswer",
      "ask-for-answer",
      { ...jobs, ...sealing },
      ASKING_MEMORY_MB,
    );
    this.sendAnswer = this.#task("SendAnswer", "send-answer", reaching, FOLLOWING_MEMORY_MB);
    this.giveUp = this.#task("GiveUp", "give-up", kept);

    for (const task of this.all) {
      grantRows(tables, task, ["job"], "GetItem", "PutItem");
    }
    for (const sender of [this.openConnection, this.sendAnswer]) {
      grantSecrets(tables, sender, "GetItem", "DeleteItem");
    }
    for (const cleaner of [this.followJob, this.giveUp]) grantSecrets(tables, cleaner, "DeleteItem");
    const following = [this.openConnection, this.followJob, this.sendAnswer];
    for (const task of [...following, this.giveUp]) grantRows(tables, task, ["job"], "UpdateItem");
    for (const task of following) {
      grantRows(tables, task, ["claim", "refused"], "GetItem", "PutItem");
      grantRows(tables, task, ["refused"], "DeleteItem");
    }
    grantUpstream(upstream, ...following);
    grantSealing(keys.sealing, this.openConnection, "Decrypt", "login");
    grantSealing(keys.sealing, this.sendAnswer, "Decrypt", "answer-*");
    grantSealing(keys.sealing, this.askForAnswer, "Encrypt", "task-token");
  }

  get all(): readonly LambdaFunction[] {
    return [this.openConnection, this.followJob, this.askForAnswer, this.sendAnswer, this.giveUp];
  }

  #task(id: string, name: string, environment: Record<string, string>, memoryMb?: number): LambdaFunction {
    const entry = `functions/jobs/workflow/${name}.lambda.ts`;
    return nodeFunction(this, id, {
      entry,
      timeout: TASK_TIMEOUT,
      environment,
      shared: this.#shared,
      memoryMb,
    });
  }
}
