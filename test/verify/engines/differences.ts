import {
  DescribeExecutionCommand,
  type HistoryEvent,
  SendTaskSuccessCommand,
  type SFNClient,
  StopExecutionCommand,
} from "@aws-sdk/client-sfn";
import * as z from "zod";
import { runOf } from "../support/run-of.ts";
import type { Machine } from "./engine.ts";
import { LambdaRefusal } from "./moto.ts";

const FUNCTION = "arn:aws:lambda:us-east-1:000000000000:function:any";
const PAYLOAD = {
  "execution.$": "$$.Execution.Name",
  "executionArn.$": "$$.Execution.Id",
};
const payload = z.object({
  execution: z.string(),
  executionArn: z.string(),
  taskToken: z.string().default(""),
});

/** A Task that calls the function. */
const CALLS = { Type: "Task", Resource: FUNCTION, Parameters: PAYLOAD, End: true };
/** A Task that calls the function and waits for the answer to its token. */
const ASKS = {
  Type: "Task",
  Resource: "arn:aws:states:::lambda:invoke.waitForTaskToken",
  Parameters: { FunctionName: FUNCTION, Payload: { ...PAYLOAD, "taskToken.$": "$$.Task.Token" } },
  End: true,
};
const AGAIN = { Retry: [{ ErrorEquals: ["Again"], MaxAttempts: 1 }] };
const ENDS = { Type: "Succeed" };

interface Call extends z.infer<typeof payload> {
  readonly client: SFNClient;
  /** From 1 on. */
  readonly number: number;
  /** Of all calls so far, this one included. */
  readonly tokens: readonly string[];
  /** Writes down what the difference is about. */
  note(what: unknown): void;
}

interface Ended extends Pick<Call, "client" | "tokens"> {
  readonly events: readonly HistoryEvent[];
  readonly notes: readonly unknown[];
}

export interface Difference {
  readonly title: string;
  readonly states: Readonly<Record<string, object>>;
  readonly function: (call: Call) => Promise<unknown>;
  readonly seen: (ended: Ended) => unknown;
  readonly local: unknown;
  readonly moto: unknown;
}

const statusOf = ({ events }: Ended) => {
  const { status, error } = runOf(events);
  return error ?? status;
};
const notesOf = ({ notes }: Ended) => notes;

function throws(name: string): never {
  throw Object.assign(new Error("As scripted."), { name });
}

/** The name of the error with which the call fails; otherwise "accepted". */
async function answer(client: SFNClient, taskToken: string, output: string): Promise<string> {
  const sent = client.send(new SendTaskSuccessCommand({ taskToken, output }));
  return sent.then(
    () => "accepted",
    (error: unknown) => (error instanceof Error ? error.name : String(error)),
  );
}

async function stateOf({ client, executionArn }: Call): Promise<string | undefined> {
  return (await client.send(new DescribeExecutionCommand({ executionArn }))).status;
}

/** What moto does in another way than local mode's interpreter. docs/emulator.md lists each of them. */
export const DIFFERENCES: readonly Difference[] = [
  {
    title: "Lambda refuses the call of a Task whose resource is a function",
    states: { Call: CALLS },
    function: async () => {
      throw new LambdaRefusal("TooManyRequestsException");
    },
    seen: statusOf,
    local: "Lambda.TooManyRequestsException",
    moto: "Exception",
  },
  {
    title: "A retried Task gets another token",
    states: { Ask: { ...ASKS, ...AGAIN } },
    async function({ client, number, tokens, taskToken, note }) {
      if (number === 1) throws("Again");
      note(new Set(tokens).size);
      await answer(client, taskToken, "{}");
    },
    seen: notesOf,
    local: [2],
    moto: [1],
  },
  {
    title: "An answer comes before the function fails",
    states: { Ask: ASKS },
    async function({ client, taskToken }) {
      await answer(client, taskToken, "{}");
      throws("Broken");
    },
    seen: statusOf,
    local: "Succeeded",
    moto: "Broken",
  },
  {
    title: "A token is answered twice before the function returns",
    states: { Ask: ASKS },
    async function({ client, taskToken, note }) {
      note(await answer(client, taskToken, "1"));
      note(await answer(client, taskToken, "2"));
    },
    seen: ({ events, notes }) => [...notes, events.at(-1)?.executionSucceededEventDetails?.output],
    local: ["accepted", "TaskDoesNotExist", "1"],
    moto: ["accepted", "accepted", "2"],
  },
  {
    title: "An answer comes after the Task has timed out",
    states: {
      Ask: { ...ASKS, TimeoutSeconds: 5, Catch: [{ ErrorEquals: ["States.Timeout"], Next: "Call" }] },
      Call: CALLS,
    },
    async function({ client, number, tokens, note }) {
      if (number === 2) note(await answer(client, tokens[0] ?? "", "{}"));
    },
    seen: notesOf,
    local: ["TaskTimedOut"],
    moto: ["accepted"],
  },
  {
    title: "An error of the definition meets a Catcher of all errors",
    states: {
      Ask: { ...ASKS, TimeoutSecondsPath: "$.none", Catch: [{ ErrorEquals: ["States.ALL"], Next: "End" }] },
      End: ENDS,
    },
    async function() {},
    seen: statusOf,
    local: "States.Runtime",
    moto: "Succeeded",
  },
  {
    title: "The cause of a function's error",
    states: { Call: CALLS },
    function: async () => throws("Broken"),
    seen: ({ events }) => events.at(-1)?.executionFailedEventDetails?.cause,
    local: "As scripted.",
    moto: '{"errorType":"Broken","errorMessage":"As scripted."}',
  },
  {
    title: "The events of a Task whose resource is a function",
    states: { Call: CALLS },
    async function() {},
    seen: ({ events }) => events.map(({ type }) => type).slice(2, -2),
    local: ["TaskScheduled", "TaskStarted", "TaskSucceeded"],
    moto: ["LambdaFunctionScheduled", "LambdaFunctionStarted", "LambdaFunctionSucceeded"],
  },
  {
    title: "The events of a Task that waits for its token",
    states: { Ask: ASKS },
    async function({ client, taskToken }) {
      await answer(client, taskToken, "{}");
    },
    seen: ({ events }) => events.map(({ type }) => type).slice(2, -2),
    local: ["TaskScheduled", "TaskStarted", "TaskSucceeded"],
    moto: ["TaskScheduled", "TaskStarted", "TaskSubmitted", "TaskSucceeded"],
  },
  {
    title: "An execution is stopped while its function runs",
    states: { Call: CALLS },
    async function(call) {
      await call.client.send(new StopExecutionCommand({ executionArn: call.executionArn }));
      call.note(await stateOf(call));
    },
    seen: notesOf,
    local: ["ABORTED"],
    moto: ["RUNNING"],
  },
  {
    title: "A Choice compares a variable that the input does not have",
    states: {
      Choose: {
        Type: "Choice",
        Choices: [{ Variable: "$.none", StringEquals: "any", Next: "End" }],
        Default: "End",
      },
      End: ENDS,
    },
    async function() {},
    seen: statusOf,
    local: "States.Runtime",
    moto: "Succeeded",
  },
  {
    title: "An answer comes after the execution has ended",
    states: { Ask: ASKS },
    async function({ client, taskToken }) {
      await answer(client, taskToken, "{}");
    },
    seen: ({ client, tokens }) => answer(client, tokens[0] ?? "", "{}"),
    local: "TaskDoesNotExist",
    moto: "InvalidToken",
  },
];

let executions = 0;

/** What is seen of a difference on one engine. */
export async function seenOf(difference: Difference, machine: Machine): Promise<unknown> {
  const notes: unknown[] = [];
  const tokens: string[] = [];
  const name = `difference-${++executions}`;
  const events = await machine.run(
    name,
    {},
    {
      async invoke(_, given) {
        const found = payload.parse(given);
        tokens.push(found.taskToken);
        const call = { ...found, client: machine.client, number: tokens.length, tokens };
        return difference.function({ ...call, note: (what) => notes.push(what) });
      },
    },
  );
  return difference.seen({ events, notes, client: machine.client, tokens });
}
