import { setTimeout as sleep } from "node:timers/promises";
import {
  CreateStateMachineCommand,
  DescribeExecutionCommand,
  type HistoryEvent,
  paginateGetExecutionHistory,
  type SFNClient,
  StartExecutionCommand,
} from "@aws-sdk/client-sfn";
import * as z from "zod";
import { abortableDelay, type Delay } from "../../../infra/local/abortable-delay.ts";
import { startStepFunctions } from "../../../infra/local/step-functions/step-functions-endpoint.ts";
import { stepFunctionsAt } from "../emulator/aws.ts";
import { Unavailable } from "../emulator/programs.ts";
import { startMoto } from "./moto.ts";

/** What an execution does outside of its engine. */
export interface Surroundings {
  /** Stands for AWS Lambda. The name of an error is the function's `errorType`. */
  invoke(functionArn: string, payload: unknown): Promise<unknown>;
  /** Hears, in seconds, of each wait and of each pause before a retry. They take no time. */
  waited?(seconds: number): void;
}

/** A state machine on an engine. Its Tasks must pass the execution's name on to their functions, as `execution`. */
export interface Machine {
  readonly client: SFNClient;
  /** Runs an execution to its end, and returns its events. */
  run(name: string, input: object, surroundings: Surroundings): Promise<HistoryEvent[]>;
}

export interface Engine {
  machine(definition: unknown): Promise<Machine>;
  close(): Promise<void>;
}

/** As in moto-server.py: a shorter time-out of a Task that waits for its token passes when the function has returned. */
const PASSES_AT_ONCE_MS = 24 * 3600 * 1000;
const LOCAL_ARN = "arn:aws:states:us-east-1:000000000000:stateMachine:machine";

/** Local mode's interpreter. A machine runs one execution at a time: only so it is known which of them waits. */
export function localEngine(): Engine {
  const closers: (() => Promise<void>)[] = [];
  return {
    async machine(definition) {
      let running: Surroundings | undefined;
      let called = Promise.withResolvers<void>();
      const delay: Delay = async (milliseconds, signal, reason) => {
        if (reason === "pause") return running?.waited?.(milliseconds / 1000);
        if (milliseconds > PASSES_AT_ONCE_MS) return abortableDelay(milliseconds, signal);
        called = Promise.withResolvers();
        await called.promise;
      };
      const invoke = async (arn: string, payload: unknown) => {
        try {
          return await running?.invoke(arn, payload);
        } finally {
          called.resolve();
        }
      };
      const stateMachines = [{ arn: LOCAL_ARN, definition, invoke }];
      const endpoint = await startStepFunctions({ stateMachines, delay });
      closers.push(endpoint.close);
      const client = stepFunctionsAt(endpoint.url);
      return {
        client,
        async run(name, input, surroundings) {
          running = surroundings;
          return ended(client, LOCAL_ARN, name, input);
        },
      };
    },
    async close() {
      for (const close of closers) await close();
    },
  };
}

const withExecution = z.object({ execution: z.string() });

/** The interpreter of moto. Undefined, with a line that says why, if Python or its packages are missing. */
export async function motoEngine(): Promise<Engine | undefined> {
  const running = new Map<string, Surroundings>();
  const moto = await startMoto({
    invoke: async (arn, payload) => running.get(withExecution.parse(payload).execution)?.invoke(arn, payload),
    waited: (execution, seconds) => running.get(execution)?.waited?.(seconds),
  }).catch((error: unknown) => {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`The proof on the second engine was not run. ${error.message}\n`);
  });
  if (moto === undefined) return undefined;
  const client = stepFunctionsAt(moto.url);
  let machines = 0;
  return {
    async machine(definition) {
      const create = {
        name: `machine-${++machines}`,
        definition: JSON.stringify(definition),
        roleArn: "arn:aws:iam::123456789012:role/any",
      };
      const { stateMachineArn = "" } = await client.send(new CreateStateMachineCommand(create));
      return {
        client,
        async run(name, input, surroundings) {
          running.set(name, surroundings);
          return ended(client, stateMachineArn, name, input);
        },
      };
    },
    async close() {
      client.destroy();
      await moto.close();
    },
  };
}

const LOOK_EVERY_MS = 50;

async function ended(
  client: SFNClient,
  stateMachineArn: string,
  name: string,
  input: object,
): Promise<HistoryEvent[]> {
  const start = { stateMachineArn, name, input: JSON.stringify(input) };
  const { executionArn } = await client.send(new StartExecutionCommand(start));
  while ((await client.send(new DescribeExecutionCommand({ executionArn }))).status === "RUNNING") {
    await sleep(LOOK_EVERY_MS);
  }
  const events: HistoryEvent[] = [];
  for await (const page of paginateGetExecutionHistory({ client }, { executionArn })) {
    events.push(...(page.events ?? []));
  }
  return events;
}
