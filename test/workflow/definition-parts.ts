import * as z from "zod";
import { type Branch, type Definition, isTaken, wordsOf } from "./definition.ts";
import type { Run } from "./deployed-workflow.ts";
import { enteredState } from "./transitions-of.ts";

type State = Definition["States"][string];

const choiceInput = z.record(z.string(), z.unknown());

/** Everything in a definition that an execution can go through, a line each. */
export function partsOf({ States }: Definition): string[] {
  return Object.entries(States).flatMap(([name, { Retry, Catch, Choices, Default }]) => [
    name,
    ...Retry.map((_, index) => retrier(name, index)),
    ...Catch.map((_, index) => catcher(name, index)),
    ...Choices.map((choice) => branch(name, choice)),
    ...(Default === undefined ? [] : [branch(name, undefined)]),
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
    const state = States[name];
    if (state === undefined) continue;
    const following = history.slice(index + 1);
    const next = following.flatMap((later) => enteredState(later) ?? [])[0];
    if (event.type === "ChoiceStateEntered") used.add(branchTaken(name, state, inputOf(event), next));
    const error = errorOf(event);
    if (error === undefined) continue;
    const wasRetried = following[0]?.type === "TaskScheduled";
    if (wasRetried) used.add(retrier(name, indexFor(state.Retry, error)));
    else if (next !== undefined) used.add(catcherTaken(name, state, error, next));
  }
  return used;
}

function inputOf(event: Run["history"][number]): string {
  return event["stateEnteredEventDetails"]?.["input"] ?? "{}";
}

function errorOf(event: Run["history"][number]): string | undefined {
  return (event["taskFailedEventDetails"] ?? event["taskTimedOutEventDetails"])?.["error"];
}

function branchTaken(name: string, state: State, input: string, next: string | undefined): string {
  const said = choiceInput.parse(JSON.parse(input));
  const chosen = state.Choices.find((choice) => isTaken(choice, said));
  if ((chosen?.Next ?? state.Default) !== next) throw new Error(`"${name}" led to "${next}" for ${input}.`);
  return branch(name, chosen);
}

function catcherTaken(name: string, state: State, error: string, next: string): string {
  const index = indexFor(state.Catch, error);
  if (state.Catch[index]?.Next !== next) throw new Error(`"${name}" led to "${next}" after ${error}.`);
  return catcher(name, index);
}

function indexFor(rules: readonly { ErrorEquals: string[] }[], error: string): number {
  return rules.findIndex(
    ({ ErrorEquals }) => ErrorEquals.includes(error) || ErrorEquals.includes("States.ALL"),
  );
}

const retrier = (name: string, index: number) => `${name}, retrier ${index + 1}`;
const catcher = (name: string, index: number) => `${name}, catcher ${index + 1}`;
const branch = (name: string, choice: Branch | undefined) =>
  `${name}, ${choice === undefined ? "anything else" : wordsOf(choice)}`;
