import * as z from "zod";
import type { HistoryEvent } from "../../../infra/local/step-functions/execution-history.ts";

export const OPEN = "Open the connection";
export const FOLLOW = "Follow the job";
export const SAID = "What did the bank say?";
export const WAIT = "Wait for the bank";
export const ASK = "Ask for the answer";
export const SEND = "Send the answer";
export const PAUSE = "Pause";
const GIVE_UP = "Give up";
export const OVER = "The job is over";
export const GIVEN_UP = "The job was given up";

/** The state that runs the function of an entry. */
export const STATE_OF = {
  "open-connection": OPEN,
  "follow-job": FOLLOW,
  "ask-for-answer": ASK,
  "send-answer": SEND,
  "give-up": GIVE_UP,
};
export type Entry = keyof typeof STATE_OF;

export function isEntry(name: string): name is Entry {
  return name in STATE_OF;
}

const handledErrors = { ErrorEquals: z.array(z.string()) };
const retrier = z.object({
  ...handledErrors,
  IntervalSeconds: z.number(),
  MaxAttempts: z.number(),
  BackoffRate: z.number(),
  MaxDelaySeconds: z.number().optional(),
});
const branch = z.union([
  z.strictObject({ Variable: z.literal("$.next"), StringEquals: z.string(), Next: z.string() }),
  z.strictObject({
    Variable: z.enum(["$.next", "$.waitSeconds"]),
    IsPresent: z.literal(false),
    Next: z.string(),
  }),
]);
const state = z.looseObject({
  Type: z.string(),
  Next: z.string().optional(),
  Retry: z.array(retrier).default([]),
  Catch: z.array(z.object({ ...handledErrors, Next: z.string() })).default([]),
  Choices: z.array(branch).default([]),
  Default: z.string().optional(),
});
const definition = z.looseObject({
  StartAt: z.string(),
  TimeoutSeconds: z.number(),
  States: z.record(z.string(), state),
});

export type Definition = z.infer<typeof definition>;
type State = z.infer<typeof state>;
type Branch = z.infer<typeof branch>;

/** What the tests read of a state machine's definition. */
export function parseDefinition(source: unknown): Definition {
  return definition.parse(source);
}

/** An execution that has ended. */
export interface Run {
  readonly status: string;
  readonly error: string | undefined;
  readonly history: readonly HistoryEvent[];
}

/** The states of an execution in the order in which they were entered. */
export function statesOf(history: readonly HistoryEvent[]): string[] {
  return history.flatMap((event) => enteredState(event) ?? []);
}

function enteredState(event: HistoryEvent): string | undefined {
  return event["stateEnteredEventDetails"]?.["name"];
}

/** What AWS charges for: each state entered, and each retry. */
export function transitionsOf(history: readonly HistoryEvent[]): number {
  const count = (wanted: RegExp) => history.filter(({ type }) => wanted.test(type)).length;
  const retries = count(/^TaskScheduled$/) - count(/^TaskStateEntered$/);
  return count(/StateEntered$/) + retries;
}

/** Everything in a definition that an execution can go through, a line each. */
export function partsOf({ States }: Definition): string[] {
  return Object.entries(States).flatMap(([name, { Retry, Catch, Choices, Default }]) => [
    name,
    ...Retry.map((_, index) => retrierPart(name, index)),
    ...Catch.map((_, index) => catcherPart(name, index)),
    ...Choices.map((choice) => branchPart(name, choice)),
    ...(Default === undefined ? [] : [branchPart(name, undefined)]),
  ]);
}

/** The parts of the definition that an execution went through, by its history. */
export function partsUsed({ States }: Definition, { history }: Run): Set<string> {
  const used = new Set<string>();
  let name = "";
  for (const [index, event] of history.entries()) {
    const entered = enteredState(event);
    if (entered !== undefined) {
      name = entered;
      used.add(name);
    }
    const found = States[name];
    if (found === undefined) continue;
    const following = history.slice(index + 1);
    const next = following.flatMap((later) => enteredState(later) ?? [])[0];
    if (event.type === "ChoiceStateEntered") used.add(branchTaken(name, found, inputOf(event), next));
    const error = (event["taskFailedEventDetails"] ?? event["taskTimedOutEventDetails"])?.["error"];
    if (error === undefined) continue;
    const wasRetried = following[0]?.type === "TaskScheduled";
    if (wasRetried) used.add(retrierPart(name, indexFor(found.Retry, error)));
    else if (next !== undefined) used.add(catcherTaken(name, found, error, next));
  }
  return used;
}

function inputOf(event: HistoryEvent): Record<string, unknown> {
  const { input = "{}" } = event["stateEnteredEventDetails"] ?? {};
  return z.record(z.string(), z.unknown()).parse(JSON.parse(input));
}

function branchTaken(
  name: string,
  { Choices, Default }: State,
  input: Record<string, unknown>,
  next?: string,
) {
  const chosen = Choices.find((choice) => {
    const value = input[choice.Variable.slice("$.".length)];
    return "StringEquals" in choice ? value === choice.StringEquals : value === undefined;
  });
  if ((chosen?.Next ?? Default) !== next) throw new Error(`"${name}" led to "${next}".`);
  return branchPart(name, chosen);
}

function catcherTaken(name: string, { Catch }: State, error: string, next: string): string {
  const index = indexFor(Catch, error);
  if (Catch[index]?.Next !== next) throw new Error(`"${name}" led to "${next}" after ${error}.`);
  return catcherPart(name, index);
}

function indexFor(rules: readonly { ErrorEquals: string[] }[], error: string): number {
  return rules.findIndex(
    ({ ErrorEquals }) => ErrorEquals.includes(error) || ErrorEquals.includes("States.ALL"),
  );
}

const retrierPart = (name: string, index: number) => `${name}, retrier ${index + 1}`;
const catcherPart = (name: string, index: number) => `${name}, catcher ${index + 1}`;

function branchPart(name: string, choice: Branch | undefined): string {
  if (choice === undefined) return `${name}, anything else`;
  const variable = choice.Variable.slice("$.".length);
  return `${name}, ${"StringEquals" in choice ? `${variable} is ${choice.StringEquals}` : `no ${variable}`}`;
}

/** The Wait state that a function's `next` leads to. */
const WAIT_FOR: { readonly [next: string]: string } = { hold: PAUSE, wait: WAIT };
const taskResult = z.object({ next: z.string().default(""), waitSeconds: z.number().default(0) });

/** How long a workflow waits after its functions have run, by its definition. */
export function pausesOf({ States }: Definition) {
  const used = new Map<string, number>();

  return {
    msAfterResult(result: unknown): number {
      // A Retrier counts for a stay in its state, which is over now.
      used.clear();
      const { next, waitSeconds } = taskResult.parse(result);
      const wait = States[WAIT_FOR[next] ?? ""];
      if (wait === undefined) return 0;
      return (typeof wait["Seconds"] === "number" ? wait["Seconds"] : waitSeconds) * 1000;
    },

    msAfterError(entry: string, errorName: string): number {
      const { Retry = [] } = (isEntry(entry) && States[STATE_OF[entry]]) || {};
      const index = Retry.findIndex(({ ErrorEquals }) => ErrorEquals.includes(errorName));
      const rule = Retry[index];
      if (rule === undefined) return 0;
      const count = used.get(`${entry} ${index}`) ?? 0;
      used.set(`${entry} ${index}`, count + 1);
      const seconds = rule.IntervalSeconds * rule.BackoffRate ** count;
      return Math.min(seconds, rule.MaxDelaySeconds ?? seconds) * 1000;
    },
  };
}
