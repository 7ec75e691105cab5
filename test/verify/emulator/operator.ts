import { once } from "node:events";
import { createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import * as z from "zod";
import { RUNBOOKS_PAGE, textOf } from "../../docs/pages.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { isOver, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import type { Target } from "../../journeys/target.ts";
import { awsCalls, awsTexts } from "./aws.ts";
import { type Environment, runProgram } from "./programs.ts";
import type { Receiver } from "./receiver.ts";
import { commandInText, type Runbook, sectionsOf, shellFunctionsOf } from "./runbooks.ts";

/** A deployment on the emulator. */
export interface Deployed {
  commands: Environment;
  stackName: string;
  target: Target;
  receiver: Receiver;
}

/** Undoes a cause, once. */
export type Undo = () => Promise<void>;

/** For a command that shows nothing, and for one whose output is not checked because the emulator lacks what it reads. */
export const NOTHING = /^(\s|None)*$/;
export const ANYTHING = /^/;

const WITHIN_MS = 90_000;
const POLL_EVERY_MS = 500;
const SHOWN_CHARS = 1_500;

/** Version 1 of the AWS command line sends what is for SQS to AWS itself, unless an option says otherwise. */
const TO_THE_EMULATOR = 'aws() { command aws --endpoint-url "$AWS_ENDPOINT_URL" "$@"; }';

const page = textOf(RUNBOOKS_PAGE);
const resources = z.array(z.tuple([z.string(), z.string(), z.string()]));
const functionConfiguration = z.object({
  Timeout: z.number(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()) }),
});

/** Waits until `found` returns something, and returns it. */
export async function eventually<Found>(
  what: string,
  found: () => Promise<Found | undefined | false>,
  withinMs = WITHIN_MS,
): Promise<Found> {
  const until = Date.now() + withinMs;
  for (;;) {
    const result = await found();
    if (result !== undefined && result !== false) return result;
    if (Date.now() > until) throw new Error(`Not seen in time: ${what}.`);
    await sleep(POLL_EVERY_MS);
  }
}

/** Somebody with all rights in the account, who makes the causes of alarms, and then does as the page of runbooks says. */
export class Operator {
  readonly target: Target;
  readonly receiver: Receiver;
  readonly #commands: Environment;
  readonly #stack: string;
  readonly #undos: Undo[] = [];
  #token: string | undefined;
  #resources: z.infer<typeof resources> | undefined;

  constructor({ commands, stackName, target, receiver }: Deployed) {
    const ofCli = { STACK: stackName, CONNECTION_JOBS_KEY: target.apiKey };
    this.#commands = { ...commands, ...ofCli };
    this.#stack = stackName;
    this.target = target;
    this.receiver = receiver;
  }

  /** Makes a call of AWS, and returns what `query` finds in the answer. */
  async aws(service: string, operation: string, parameters: object = {}, query = "[]"): Promise<unknown[]> {
    const [found = []] = await awsCalls(this.#commands, [{ service, operation, parameters, query }]);
    return found;
  }

  /** The physical id of a part of the stack, by its type and its id in the template without the hash at the end. */
  async part(type: string, id: string): Promise<string> {
    const query = "StackResourceSummaries[].[LogicalResourceId, ResourceType, PhysicalResourceId]";
    const StackName = this.#stack;
    this.#resources ??= resources.parse(
      await this.aws("cloudformation", "list_stack_resources", { StackName }, query),
    );
    const isIt = new RegExp(`^${id}[0-9A-F]{8}$`);
    const found = this.#resources.filter(([logical, of]) => of === `AWS::${type}` && isIt.test(logical));
    const [one, ...more] = found;
    if (one === undefined || more.length > 0) throw new Error(`${found.length} parts are ${type} ${id}.`);
    return one[2];
  }

  /** Runs commands of the page in one shell, after the page's shell functions. Returns what each printed. */
  async shell(commands: readonly string[]): Promise<string[]> {
    const script = commands.map((command, index) => `printf '\\n== command ${index}\\n'\n${command}`);
    const text = await runProgram(
      "sh",
      ["-c", ["exec 2>&1", TO_THE_EMULATOR, shellFunctionsOf(page), ...script].join("\n")],
      this.#commands,
    );
    return text.split(/^== command \d+\n/m).slice(1);
  }

  /** Runs the commands under "Look" until each shows what is wanted of it, and returns what they printed. */
  async looks(alarm: string, ...wanted: RegExp[]): Promise<string[]> {
    const { look } = runbookOf(alarm);
    if (look.length !== wanted.length) throw new Error(`"Look" has ${look.length} commands.`);
    const until = Date.now() + WITHIN_MS;
    for (;;) {
      const printed = await this.shell(look);
      const missed = wanted.findIndex((pattern, index) => !pattern.test(printed[index] ?? ""));
      if (missed === -1) return printed;
      if (Date.now() > until) {
        const shown = printed[missed]?.trim().slice(-SHOWN_CHARS);
        throw new Error(`"${look[missed]}" does not show ${wanted[missed]}, but:\n${shown}`);
      }
    }
  }

  /** Runs the commands in the blocks under "Do". */
  async does(alarm: string): Promise<void> {
    await this.shell(["set -e", ...runbookOf(alarm).do]);
  }

  /** Runs a command that stands in the text of a section. Its words in capitals get real values. */
  async runs(alarm: string, begins: string, values: Readonly<Record<string, string>> = {}): Promise<string> {
    const command = commandInText(runbookOf(alarm), begins, values);
    const cli = `npm run --silent cli -- $1 --url "${this.#url()}"`;
    const ofProject = command.replace(/^connection-jobs (.+)$/, (_, words) => cli.replace("$1", words));
    return (await this.shell(["set -e", ofProject]))[1] ?? "";
  }

  /** The address of the API without a name under localhost, which the command line does not take. */
  #url(): string {
    const { host, port } = new URL(this.target.apiUrl);
    return `http://127.0.0.1:${port}/_aws/execute-api/${host.split(".")[0]}/\\$default`;
  }

  /** Waits until a log group has so many lines like this, and returns them. */
  async untilLines(group: string, like: RegExp, count = 1): Promise<string[]> {
    const parameters = { logGroupName: await this.part("Logs::LogGroup", group) };
    const call = { service: "logs", operation: "filter_log_events", parameters, query: "events[].message" };
    return eventually(`${count} lines ${like} in ${group}`, async () => {
      const lines = (await awsTexts(this.#commands, [call])).flat().filter((line) => like.test(line));
      return lines.length >= count && lines;
    });
  }

  /** Deletes all that functions have logged, so that a trial sees its own lines only. */
  async clearLogs(): Promise<void> {
    const groups = await this.#logGroups();
    const list = { service: "logs", operation: "describe_log_streams", query: "logStreams[].logStreamName" };
    const lists = await awsTexts(
      this.#commands,
      groups.map((logGroupName) => ({ ...list, parameters: { logGroupName } })),
    );
    const deletion = { service: "logs", operation: "delete_log_stream" };
    const calls = groups.flatMap((logGroupName, index) =>
      (lists[index] ?? []).map((logStreamName) => ({
        ...deletion,
        parameters: { logGroupName, logStreamName },
      })),
    );
    await awsCalls(this.#commands, calls);
  }

  async #logGroups(): Promise<string[]> {
    await this.part("Logs::LogGroup", "SweeperSweepLogs");
    return (this.#resources ?? [])
      .filter(([, type]) => type === "AWS::Logs::LogGroup")
      .map(([, , name]) => name);
  }

  /** Registers what undoes a cause. It runs when it is called, or else at the end of the trial. */
  undoing(undo: () => Promise<unknown>): Undo {
    let isDone = false;
    const once = async () => {
      if (isDone) return;
      isDone = true;
      await undo();
    };
    this.#undos.push(once);
    return once;
  }

  async undoAll(): Promise<void> {
    for (const undo of this.#undos.splice(0).toReversed()) await undo();
  }

  /** Takes rights away from the role of a function. */
  async deny(name: string, ...actions: string[]): Promise<Undo> {
    const policy = { RoleName: await this.part("IAM::Role", `${name}Role`), PolicyName: "Denied" };
    const Statement = [{ Effect: "Deny", Action: actions, Resource: "*" }];
    const PolicyDocument = JSON.stringify({ Version: "2012-10-17", Statement });
    await this.aws("iam", "put_role_policy", { ...policy, PolicyDocument });
    return this.undoing(() => this.aws("iam", "delete_role_policy", policy));
  }

  /** Lets a service of AWS accept the connections of a function and never answer, until the function's time is over. */
  async hang(name: string, service: string, Timeout: number): Promise<Undo> {
    const silent = createServer().listen(0, "127.0.0.1");
    await once(silent, "listening");
    silent.unref();
    const { port } = z.object({ port: z.number() }).parse(silent.address());
    const undo = await this.configure(
      name,
      { [`AWS_ENDPOINT_URL_${service}`]: `http://127.0.0.1:${port}` },
      Timeout,
    );
    return this.undoing(async () => {
      await undo();
      silent.close();
    });
  }

  /** Changes variables of a function, and its time limit. Functions that run are replaced, as after each change. */
  async configure(name: string, variables: Environment = {}, limit?: number): Promise<Undo> {
    const FunctionName = await this.part("Lambda::Function", name);
    const [found] = await this.aws("lambda", "get_function_configuration", { FunctionName }, "[@]");
    const { Environment, Timeout } = functionConfiguration.parse(found);
    const change = (Variables: Environment, seconds: number) =>
      this.aws("lambda", "update_function_configuration", {
        ...{ FunctionName, Environment: { Variables }, Timeout: seconds },
      });
    await change({ ...Environment.Variables, ...variables }, limit ?? Timeout);
    return this.undoing(() => change(Environment.Variables, Timeout));
  }

  /** Allows a function to run no more. */
  async throttle(name: string): Promise<Undo> {
    const FunctionName = await this.part("Lambda::Function", name);
    const none = { FunctionName, ReservedConcurrentExecutions: 0 };
    await this.aws("lambda", "put_function_concurrency", none);
    return this.undoing(() => this.aws("lambda", "delete_function_concurrency", { FunctionName }));
  }

  /** Makes the sandbox fail calls. */
  async faults(...list: readonly object[]): Promise<Undo> {
    const backend = this.backend();
    await backend.faults(list);
    return this.undoing(() => backend.faults([]));
  }

  /** Sends requests at the same time, and returns the statuses of the replies, whoever they come from. */
  async gets(...paths: string[]): Promise<number[]> {
    this.#token ??= await this.backend().token();
    const headers = { authorization: `Bearer ${this.#token}` };
    return Promise.all(
      paths.map(async (path) => (await fetch(`${this.target.apiUrl}${path}`, { headers })).status),
    );
  }

  /** The backend of a new user. */
  backend(): MobileBackend {
    return new MobileBackend(this.target);
  }

  /** A new job, and the backend of its user. */
  async job(): Promise<{ id: string; backend: MobileBackend }> {
    const backend = this.backend();
    return { id: await backend.startJob(HOOLI, LOGINS.gavin), backend };
  }

  /** Throws unless the job ends well. */
  async succeeds({ id, backend }: { id: string; backend: MobileBackend }): Promise<void> {
    const { steps } = await eventually(`the end of ${id}`, async () => {
      const found = await backend.job(id);
      return isOver(found.steps) && found;
    });
    const words = statuses(steps);
    if (words.some((word) => word.endsWith("failed")))
      throw new Error(`A job has failed: ${words.join(", ")}.`);
  }

  /** Throws unless a user can connect a bank. */
  async connects(): Promise<void> {
    await this.succeeds(await this.job());
  }
}

function runbookOf(alarm: string): Runbook {
  const found = sectionsOf(page).find(({ alarms }) => alarms.includes(alarm));
  if (found === undefined) throw new Error(`No section is about ${alarm}.`);
  return found;
}
