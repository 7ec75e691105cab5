import * as z from "zod";

const errorRule = z.looseObject({ ErrorEquals: z.array(z.string()) });
const path = z.string().startsWith("$", "must be a path: intrinsic functions are not resolved here");
/** The engine would write a result under "$['a']" as it stands. */
const resultPath = z.union([z.literal("$"), z.string().startsWith("$."), z.null()]);

const retrier = errorRule.extend({
  IntervalSeconds: z.number().optional(),
  MaxDelaySeconds: z.number().optional(),
});
const catcher = errorRule.extend({ ResultPath: resultPath.optional() });

/** A state's fields that the engine does not know and would pass over in silence. */
const unknownToEngine = {
  Assign: z.undefined().optional(),
  Arguments: z.undefined().optional(),
  Output: z.undefined().optional(),
  HeartbeatSeconds: z.undefined().optional(),
  HeartbeatSecondsPath: z.undefined().optional(),
  Credentials: z.undefined().optional(),
  QueryLanguage: z.literal("JSONPath").optional(),
};

const stateBase = {
  ...unknownToEngine,
  InputPath: z.string().nullish(),
  ResultPath: resultPath.optional(),
};

const taskState = z.looseObject({
  ...stateBase,
  Type: z.literal("Task"),
  Resource: z.string(),
  Parameters: z.record(z.string(), z.json()).optional(),
  TimeoutSeconds: z.number().positive().optional(),
  TimeoutSecondsPath: path.optional(),
  Retry: z.array(retrier).optional(),
  Catch: z.array(catcher).optional(),
});

const waitState = z.looseObject({
  ...stateBase,
  Type: z.literal("Wait"),
  Seconds: z.number().optional(),
  SecondsPath: path.optional(),
  Timestamp: z.undefined().optional(),
  TimestampPath: z.undefined().optional(),
});

const choiceRule = z.record(z.string(), z.json());
const choiceState = z.looseObject({ ...stateBase, Type: z.literal("Choice"), Choices: z.array(choiceRule) });

const plainState = z.looseObject({ ...stateBase, Type: z.enum(["Pass", "Succeed", "Fail"]) });

/** What this runner can do of the Amazon States Language; anything else is refused at the start, by name. */
export const stateMachineDefinition = z.looseObject({
  StartAt: z.string(),
  TimeoutSeconds: z.number().positive().optional(),
  QueryLanguage: z.literal("JSONPath").optional(),
  States: z.record(z.string(), z.discriminatedUnion("Type", [taskState, waitState, choiceState, plainState])),
});

export type TaskState = z.infer<typeof taskState>;
export type WaitState = z.infer<typeof waitState>;
export type ChoiceRule = z.infer<typeof choiceRule>;
export type AnyState = z.infer<typeof stateMachineDefinition>["States"][string];
export type Retrier = z.infer<typeof retrier>;
