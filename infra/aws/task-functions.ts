import { Duration } from "aws-cdk-lib";
import type { NodejsFunction } from "aws-cdk-lib/aws-lambda-nodejs";
import { Construct } from "constructs";
import { grantRows, grantSealing, grantSecrets } from "./grants.ts";
import type { Keys } from "./keys.ts";
import { nodeFunction } from "./node-function.ts";
import { metricsNamespace } from "./own-metrics.ts";
import type { Settings } from "./settings.ts";
import type { Tables } from "./tables.ts";
import { upstreamEnvironment } from "./upstream-environment.ts";

export interface TaskFunctionsProps {
  tables: Tables;
  keys: Keys;
  settings: Settings;
}

/**
 * The longest exchange with upstream: a token (6 s), a list in two tries (2 × 6 s and a pause of 2 s), a login in two tries
 * (2 × 30 s and the pause), and the bank's record (as the list) make 96 s. A slice of 12 s with its last look is shorter.
 */
const TASK_TIMEOUT = Duration.seconds(120);

/** A function per Task of the workflow, each with just what it needs. */
export class TaskFunctions extends Construct {
  readonly openConnection: NodejsFunction;
  readonly followJob: NodejsFunction;
  readonly askForAnswer: NodejsFunction;
  readonly sendAnswer: NodejsFunction;
  readonly giveUp: NodejsFunction;

  constructor(scope: Construct, id: string, { tables, keys, settings }: TaskFunctionsProps) {
    super(scope, id);
    const jobs = { JOBS_TABLE: tables.jobs.tableName, METRICS_NAMESPACE: metricsNamespace(this) };
    const sealing = { SEALING_KEY_ID: keys.sealing.keyArn };
    const kept = { ...jobs, ...sealing, SECRETS_TABLE: tables.secrets.tableName };
    const upstream = upstreamEnvironment(settings);

    this.openConnection = this.#task("OpenConnection", "open-connection", { ...kept, ...upstream });
    this.followJob = this.#task("FollowJob", "follow-job", { ...kept, ...upstream });
    this.askForAnswer = this.#task("AskForAnswer", "ask-for-answer", { ...jobs, ...sealing });
    this.sendAnswer = this.#task("SendAnswer", "send-answer", { ...kept, ...upstream });
    this.giveUp = this.#task("GiveUp", "give-up", kept);

    for (const task of [
      this.openConnection,
      this.followJob,
      this.askForAnswer,
      this.sendAnswer,
      this.giveUp,
    ]) {
      grantRows(tables, task, ["job"], "GetItem", "PutItem");
    }
    for (const sender of [this.openConnection, this.sendAnswer]) {
      grantSecrets(tables, sender, "GetItem", "DeleteItem");
    }
    for (const cleaner of [this.followJob, this.giveUp]) grantSecrets(tables, cleaner, "DeleteItem");
    grantSealing(keys.sealing, this.openConnection, "Decrypt", "login");
    grantSealing(keys.sealing, this.sendAnswer, "Decrypt", "answer-*");
    grantSealing(keys.sealing, this.askForAnswer, "Encrypt", "task-token");
  }

  #task(id: string, name: string, environment: Record<string, string>): NodejsFunction {
    const entry = `functions/workflow/${name}.lambda.ts`;
    return nodeFunction(this, id, { entry, timeout: TASK_TIMEOUT, environment });
  }
}
