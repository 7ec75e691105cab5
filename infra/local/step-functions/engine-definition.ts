import { StateMachine, type StateMachineDefinition } from "aws-local-stepfunctions";
import * as z from "zod";
import { MAX_TIMER_MS } from "../abortable-delay.ts";
import { checkContextPaths } from "./context-paths.ts";
import {
  type AnyState,
  type ChoiceRule,
  type Retrier,
  stateMachineDefinition,
  type TaskState,
} from "./state-machine-definition.ts";
import { planTask, planWait, type TaskPlan } from "./task-plan.ts";

export interface EngineDefinition {
  readonly definition: StateMachineDefinition;
  /** By the name of the state. Waits are among them: see `planWait`. */
  readonly plans: ReadonlyMap<string, TaskPlan>;
  /** The types before the rewriting, for the history. */
  readonly stateTypes: ReadonlyMap<string, string>;
  readonly timeoutSeconds: number | undefined;
}

/** Unchecked, since the engine's own validator checks the definition as it was before the rewriting. */
const engineDefinition = z.custom<StateMachineDefinition>();

/** The engine's default Task time-out is 60 s; ours are kept outside it, so its own must never come. */
const NEVER_SECONDS = Math.floor(MAX_TIMER_MS / 1000);
const DEFAULT_INTERVAL_SECONDS = 1;
const validated = new Set<string>();
const TYPE_TESTS = ["IsNull", "IsPresent", "IsNumeric", "IsString", "IsBoolean", "IsTimestamp"] as const;

/**
 * Rewrites a definition so that the engine runs it as AWS would, with all its times divided by `timeScale`.
 *
 * @throws when the definition is not valid, or uses what cannot be run here.
 */
export function engineDefinitionOf(source: unknown, timeScale: number): EngineDefinition {
  const parsed = stateMachineDefinition.safeParse(structuredClone(source));
  if (!parsed.success) {
    throw new Error(`The state machine cannot be run locally:\n${z.prettifyError(parsed.error)}`);
  }
  checkContextPaths(parsed.data);
  const { TimeoutSeconds, States, ...rest } = parsed.data;
  const plans = new Map<string, TaskPlan>();
  const entries = Object.entries(States).map(([name, state]) => {
    const { rewritten, plan } = rewrite(withoutWholeResultPath(state), timeScale);
    if (plan !== undefined) plans.set(name, plan);
    return [name, rewritten];
  });
  validate(source);
  return {
    definition: engineDefinition.parse({ ...rest, States: Object.fromEntries(entries) }),
    plans,
    stateTypes: new Map(Object.entries(States).map(([name, { Type }]) => [name, Type])),
    timeoutSeconds: TimeoutSeconds,
  };
}

/** The validator compiles its schemas at each use, which takes some 75 ms: the same definition is checked once. */
function validate(source: unknown): void {
  const text = JSON.stringify(source);
  if (validated.has(text)) return;
  new StateMachine(engineDefinition.parse(source));
  validated.add(text);
}

function rewrite(state: AnyState, timeScale: number): { rewritten: object; plan?: TaskPlan } {
  if (state.Type === "Choice") {
    return { rewritten: { ...state, Choices: state.Choices.map(withoutFalseTests) } };
  }
  if (state.Type === "Wait") {
    const { plan, parameters } = planWait(state);
    const asTask = { Type: "Task", Resource: "wait", TimeoutSeconds: NEVER_SECONDS };
    return { rewritten: { ...state, ...asTask, ...parameters }, plan };
  }
  if (state.Type !== "Task") return { rewritten: state };
  const { plan, parameters } = planTask(state);
  const handlers = handlersOf(state, timeScale);
  return { rewritten: { ...state, ...parameters, ...handlers, TimeoutSeconds: NEVER_SECONDS }, plan };
}

function handlersOf(state: TaskState, timeScale: number): object {
  return {
    ...(state.Retry && { Retry: state.Retry.map((retrier) => scaledRetrier(retrier, timeScale)) }),
    ...(state.Catch && { Catch: state.Catch.map(withoutWholeResultPath) }),
  };
}

function scaledRetrier(retrier: Retrier, timeScale: number): object {
  const longest = Math.min((retrier.MaxDelaySeconds ?? Number.POSITIVE_INFINITY) / timeScale, NEVER_SECONDS);
  const interval = (retrier.IntervalSeconds ?? DEFAULT_INTERVAL_SECONDS) / timeScale;
  return { ...retrier, IntervalSeconds: interval, MaxDelaySeconds: longest };
}

/** The engine would store the result under a key "$"; left out, it means the same. */
function withoutWholeResultPath<Rule extends { ResultPath?: string | null | undefined }>(rule: Rule): Rule {
  if (rule.ResultPath !== "$") return rule;
  const copy = { ...rule };
  delete copy.ResultPath;
  return copy;
}

/** The engine never matches `IsPresent: false` and its like, so they become `Not`. */
function withoutFalseTests(rule: ChoiceRule): ChoiceRule {
  const entries = Object.entries(rule).map(([key, value]): [string, ChoiceRule[string]] => {
    const rules = z.array(z.record(z.string(), z.json())).safeParse(value);
    if ((key === "And" || key === "Or") && rules.success) return [key, rules.data.map(withoutFalseTests)];
    const inner = z.record(z.string(), z.json()).safeParse(value);
    return key === "Not" && inner.success ? [key, withoutFalseTests(inner.data)] : [key, value];
  });
  const { Variable, ...rest } = Object.fromEntries(entries);
  const test = TYPE_TESTS.find((name) => rest[name] === false);
  if (test === undefined || Variable === undefined) return Object.fromEntries(entries);
  delete rest[test];
  return { ...rest, Not: { Variable, [test]: true } };
}
