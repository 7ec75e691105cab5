import { Duration } from "aws-cdk-lib";
import type { Function as LambdaFunction } from "aws-cdk-lib/aws-lambda";
import { Construct } from "constructs";
import { grantRows, grantSealing, grantSecrets } from "./grants.ts";
import type { Keys } from "./keys.ts";
import { nodeFunction, type SharedOptions } from "./node-function.ts";
import { metricsEnvironment } from "./own-metrics.ts";
import type { Tables } from "./tables.ts";
import { grantUpstream, type Upstream, upstreamEnvironment } from "./upstream.ts";

export interface TaskFunctionsProps {
  tables: Tables;
  keys: Keys;
  upstream: Upstream;
  shared: SharedOptions;
  policy: PolicyOptions;
}

/** Options that decide whether a job waits for its bank, and for how long a job is polled. */
export interface PolicyOptions {
  /** Whether a job waits when its bank is down. */
  queue: boolean;
  /** A job fails when the aggregator has not finished it after this many minutes of polling. */
  followLimitMinutes: number;
  /** For how long one invocation polls a job. */
  followSliceSeconds: number;
  /** The most invocations of each function that polls; undefined: no limit of its own. */
  followConcurrency: number | undefined;
}

/**
 * Must exceed the longest exchange with the aggregator. A token (4 s), a list in two tries (2 × 4 s and a pause of 2 s), a login in
 * two tries (2 × 30 s and the pause) and the bank's record (as the list) take 86 s. A slice of polling takes 12 s, which a
 * last poll (as the list) extends to 22 s. Reading the aggregator's API key twice takes at most 15 s.
 */
const TASK_TIMEOUT = Duration.seconds(180);

/**
 * Memory of the Tasks that poll a job. They sleep between polls, and their memory determines the price of that time. So this
 * size is the point where the price of a job begins to grow, not the point where the functions start fast. Three slices over
 * TLS use at most 98 MB in a plain process; with the memory of Lambda's runtime, too little of 128 MB would remain.
 */
const FOLLOWING_MEMORY_MB = 192;

/**
 * A user waits for this Task to open the challenge. As for the API functions, doubling the memory would shorten the first
 * reply by less than one second.
 */
const ASKING_MEMORY_MB = 384;

/** Creates one function per Task of the workflow. Each function has only the environment and the permissions that it needs. */
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
    const jobs = { ...tables.jobsEnvironment, ...metricsEnvironment(this, shared) };
    const decided = {
      QUEUE: policy.queue ? "on" : "off",
      FOLLOW_LIMIT_MINUTES: String(policy.followLimitMinutes),
      FOLLOW_SLICE_SECONDS: String(policy.followSliceSeconds),
    };
    const sealing = { SEALING_KEY_ID: keys.sealing.keyArn };
    const stored = { ...jobs, ...sealing, SECRETS_TABLE: tables.secrets.tableName };
    const reaching = { ...stored, ...decided, ...upstreamEnvironment(upstream) };

    this.#shared = shared;
    const following = { memoryMb: FOLLOWING_MEMORY_MB, concurrency: policy.followConcurrency };
    this.openConnection = this.#task("OpenConnection", "open-connection", reaching, following);
    this.followJob = this.#task("FollowJob", "follow-job", reaching, following);
    this.askForAnswer = this.#task(
      "AskForAnswer",
      "ask-for-answer",
      { ...jobs, ...sealing },
      { memoryMb: ASKING_MEMORY_MB },
    );
    this.sendAnswer = this.#task("SendAnswer", "send-answer", reaching, following);
    this.giveUp = this.#task("GiveUp", "give-up", stored);

    for (const task of this.all) {
      grantRows(tables, task, ["job"], "GetItem", "PutItem");
    }
    for (const sender of [this.openConnection, this.sendAnswer]) {
      grantSecrets(tables, sender, "GetItem", "DeleteItem");
    }
    for (const cleaner of [this.followJob, this.giveUp]) grantSecrets(tables, cleaner, "DeleteItem");
    const polling = [this.openConnection, this.followJob, this.sendAnswer];
    for (const task of [...polling, this.giveUp]) grantRows(tables, task, ["job"], "UpdateItem");
    for (const task of polling) {
      grantRows(tables, task, ["claim", "refused", "outage"], "GetItem", "PutItem");
      grantRows(tables, task, ["refused"], "DeleteItem");
    }
    grantUpstream(upstream, ...polling);
    grantSealing(keys.sealing, this.openConnection, "Decrypt", "login");
    grantSealing(keys.sealing, this.sendAnswer, "Decrypt", "answer-*");
    grantSealing(keys.sealing, this.askForAnswer, "Encrypt", "task-token");
  }

  get all(): readonly LambdaFunction[] {
    return [this.openConnection, this.followJob, this.askForAnswer, this.sendAnswer, this.giveUp];
  }

  #task(
    id: string,
    name: string,
    environment: Record<string, string>,
    size: { memoryMb?: number; concurrency?: number | undefined } = {},
  ): LambdaFunction {
    const entry = `functions/jobs/workflow/${name}.lambda.ts`;
    return nodeFunction(this, id, {
      entry,
      timeout: TASK_TIMEOUT,
      environment,
      shared: this.#shared,
      ...size,
    });
  }
}
