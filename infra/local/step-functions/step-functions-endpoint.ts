import { randomUUID } from "node:crypto";
import * as z from "zod";
import type { Delay } from "../abortable-delay.ts";
import { AwsError, startAwsJsonEndpoint } from "../aws/aws-json-endpoint.ts";
import type { HistoryEvent } from "./execution-history.ts";
import { type Execution, Executions } from "./executions.ts";
import { stateMachineRunner } from "./interpreter.ts";
import { type JsonValue, overTheWire } from "./payloads.ts";
import type { Invoke } from "./task.ts";
import { TaskTokens } from "./task-tokens.ts";

const startInput = z.object({
  stateMachineArn: z.string(),
  name: z.string().optional(),
  input: z.string().default("{}"),
});
const executionInput = z.object({ executionArn: z.string() });
const stopInput = executionInput.extend({ error: z.string().optional(), cause: z.string().optional() });
const historyInput = executionInput.extend({
  maxResults: z.int().min(0).max(1000).default(100),
  nextToken: z.string().regex(/^\d+$/).optional(),
  reverseOrder: z.boolean().default(false),
});
const successInput = z.object({ taskToken: z.string(), output: z.string() });
const failureInput = z.object({
  taskToken: z.string(),
  error: z.string().default(""),
  cause: z.string().default(""),
});

/** Matches a name that AWS accepts: at most 80 characters, none of them forbidden. */
const EXECUTION_NAME = /^[^\s<>{}[\]?*"#%\\^|~`$&,;:/\p{Cc}]{1,80}$/u;

export interface LocalStateMachine {
  readonly arn: string;
  /** A parsed definition in the Amazon States Language. The intrinsic functions of the template are already resolved. */
  readonly definition: unknown;
  readonly invoke: Invoke;
}

export interface LocalStepFunctions {
  readonly url: string;
  /** Stops running executions without recording an end. `resume` in the next process continues them. */
  close(): Promise<void>;
  /** Restarts, from their first state, all executions that the last process left unfinished. */
  resume(): void;
  /** Returns the events of an execution. Available for all running executions and the last 2,000 ended executions. */
  history(executionArn: string): readonly HistoryEvent[];
}

/**
 * Starts a local Step Functions. Divides waits, retry intervals and time-outs by `timeScale` (default: 1). With
 * `executionsFile`, executions survive restarts.
 *
 * @throws an `Error` if a definition is not valid or not supported locally.
 */
export async function startStepFunctions(options: {
  readonly stateMachines: readonly LocalStateMachine[];
  readonly timeScale?: number;
  readonly executionsFile?: string;
  readonly port?: number;
  readonly delay?: Delay | undefined;
}): Promise<LocalStepFunctions> {
  const { delay } = options;
  const tokens = new TaskTokens();
  const timeScale = z.number().positive().default(1).parse(options.timeScale);
  const runners = options.stateMachines.map(
    (machine) =>
      [machine.arn, stateMachineRunner({ ...machine, tokens, timeScale, ...(delay && { delay }) })] as const,
  );
  const executions = new Executions(new Map(runners), options.executionsFile);
  const endpoint = await startAwsJsonEndpoint({
    targetPrefix: "AWSStepFunctions",
    operations: operationsOf(executions, tokens),
    port: options.port ?? 0,
  });
  return {
    url: endpoint.url,
    close: () => {
      executions.close();
      return endpoint.close();
    },
    resume: () => executions.resume(),
    history: (executionArn) => executions.get(executionArn).history.events,
  };
}

function operationsOf(executions: Executions, tokens: TaskTokens) {
  return {
    StartExecution: async (request: unknown) => {
      const { stateMachineArn, name = randomUUID(), input } = startInput.parse(request);
      if (!EXECUTION_NAME.test(name)) throw new AwsError("InvalidName", `Invalid Name: '${name}'`);
      parsed(input, "InvalidExecutionInput");
      const { executionArn, startDate } = executions.start(stateMachineArn, name, input);
      return { executionArn, startDate };
    },
    StopExecution: async (request: unknown) => {
      const { executionArn, ...reason } = stopInput.parse(request);
      const execution = executions.get(executionArn);
      executions.stop(execution, reason);
      return { stopDate: execution.end?.stopDate };
    },
    DescribeExecution: async (request: unknown) =>
      description(executions.get(executionInput.parse(request).executionArn)),
    GetExecutionHistory: async (request: unknown) => {
      const { executionArn, maxResults, nextToken, reverseOrder } = historyInput.parse(request);
      const { events } = executions.get(executionArn).history;
      const from = Number(nextToken ?? 0);
      const to = from + (maxResults || 100);
      const ordered = reverseOrder ? events.toReversed() : events;
      return { events: ordered.slice(from, to), ...(to < events.length && { nextToken: String(to) }) };
    },
    SendTaskSuccess: async (request: unknown) => {
      const { taskToken, output } = successInput.parse(request);
      tokens.succeed(taskToken, parsed(output, "InvalidOutput"));
      return {};
    },
    SendTaskFailure: async (request: unknown) => {
      const { taskToken, error, cause } = failureInput.parse(request);
      tokens.fail(taskToken, error, cause);
      return {};
    },
  };
}

function description(execution: Execution): object {
  const { executionArn, stateMachineArn, name, input, startDate, end } = execution;
  return { executionArn, stateMachineArn, name, input, startDate, ...(end ?? { status: "RUNNING" }) };
}

function parsed(json: string, errorName: string): JsonValue {
  try {
    return overTheWire(JSON.parse(json));
  } catch {
    throw new AwsError(errorName, "The text is not JSON.");
  }
}
