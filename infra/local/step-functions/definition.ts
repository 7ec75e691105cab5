import * as z from "zod";
import { choiceRule } from "./choice.ts";
import { inputPath, payloadTemplate } from "./payloads.ts";

/** The longest time that AWS allows, in seconds. */
export const MAX_SECONDS = 99_999_999;

const FUNCTION_ARN = /^arn:[\w-]+:lambda:[\w-]+:\d+:function:/;
const INVOKE_ARN = /^arn:[\w-]+:states:::lambda:invoke(\.waitForTaskToken)?$/;
/** The parameters of a Task that calls a function with `lambda:invoke`. */
export const invokeParameters = z.strictObject({
  FunctionName: z.string().regex(FUNCTION_ARN),
  Payload: z.json().default({}),
  /** Present in the template only. */
  "Payload.$": z.string().optional(),
});

const seconds = z.int().min(0).max(MAX_SECONDS);
const resultPath = inputPath.nullable().default("$");
const ErrorEquals = z.array(z.string()).min(1);
const retrier = z.strictObject({
  ErrorEquals,
  IntervalSeconds: seconds.min(1).default(1),
  MaxAttempts: z.int().min(0).default(3),
  BackoffRate: z.number().min(1).default(2),
  MaxDelaySeconds: seconds.min(1).optional(),
});
const catcher = z.strictObject({ ErrorEquals, ResultPath: resultPath, Next: z.string() });

const described = { Comment: z.string().optional() };
const goesOn = {
  ...described,
  OutputPath: inputPath.optional(),
  Next: z.string().optional(),
  End: z.literal(true).optional(),
};

function eitherOf(one: string, other: string) {
  const hasOne = (fields: Readonly<Record<string, unknown>>) =>
    (fields[one] === undefined) !== (fields[other] === undefined);
  return [hasOne, `must have either ${one} or ${other}`] as const;
}

const task = z
  .strictObject({
    ...goesOn,
    Type: z.literal("Task"),
    Resource: z.string().refine((arn) => FUNCTION_ARN.test(arn) || INVOKE_ARN.test(arn), {
      error: ({ input }) => `${input} is no function`,
    }),
    Parameters: payloadTemplate.optional(),
    ResultSelector: payloadTemplate.optional(),
    ResultPath: resultPath,
    TimeoutSeconds: seconds.min(1).optional(),
    TimeoutSecondsPath: inputPath.optional(),
    Retry: z.array(retrier).default([]),
    Catch: z.array(catcher).default([]),
  })
  .refine(...eitherOf("Next", "End"))
  .refine(
    ({ TimeoutSeconds, TimeoutSecondsPath }) =>
      TimeoutSeconds === undefined || TimeoutSecondsPath === undefined,
    "must not have both TimeoutSeconds and TimeoutSecondsPath",
  )
  .refine(
    ({ Resource, Parameters }) =>
      FUNCTION_ARN.test(Resource) || invokeParameters.safeParse(Parameters).success,
    { path: ["Parameters"], message: "must be FunctionName and Payload" },
  );

const wait = z
  .strictObject({
    ...goesOn,
    Type: z.literal("Wait"),
    Seconds: seconds.optional(),
    SecondsPath: inputPath.optional(),
  })
  .refine(...eitherOf("Next", "End"))
  .refine(...eitherOf("Seconds", "SecondsPath"));

const pass = z
  .strictObject({ ...goesOn, Type: z.literal("Pass"), Result: z.json().optional(), ResultPath: resultPath })
  .refine(...eitherOf("Next", "End"));

const choice = z.strictObject({
  ...described,
  Type: z.literal("Choice"),
  Choices: z.array(choiceRule),
  Default: z.string(),
});

const succeed = z.strictObject({ ...described, Type: z.literal("Succeed") });
const fail = z.strictObject({
  ...described,
  Type: z.literal("Fail"),
  Error: z.string().optional(),
  Cause: z.string().optional(),
});

const state = z.discriminatedUnion("Type", [task, wait, pass, choice, succeed, fail], {
  error: "must be Task, Wait, Pass, Choice, Succeed or Fail",
});

const stateMachine = z
  .strictObject({
    ...described,
    StartAt: z.string(),
    TimeoutSeconds: seconds.min(1).optional(),
    States: z.record(z.string(), state),
  })
  .superRefine(({ StartAt, States }, { addIssue }) => {
    for (const name of [StartAt, ...Object.values(States).flatMap(followingOf)]) {
      if (!Object.hasOwn(States, name)) addIssue({ code: "custom", message: `there is no state ${name}` });
    }
  });

export type Definition = z.infer<typeof stateMachine>;
export type State = Definition["States"][string];
export type TaskState = Extract<State, { Type: "Task" }>;
export type Retrier = z.infer<typeof retrier>;

function followingOf(each: z.infer<typeof state>): string[] {
  if (each.Type === "Choice") return [each.Default, ...each.Choices.map(({ Next }) => Next)];
  const next = "Next" in each && each.Next !== undefined ? [each.Next] : [];
  return each.Type === "Task" ? [...next, ...each.Catch.map(({ Next }) => Next)] : next;
}

/**
 * Parses a definition in the Amazon States Language.
 *
 * @throws an `Error` with a one-line message if the interpreter does not support a state, a field or a path.
 */
export function parseDefinition(source: unknown): Definition {
  const parsed = stateMachine.safeParse(source);
  if (parsed.success) return parsed.data;
  const reasons = parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`);
  throw new Error(`The state machine cannot be run locally: ${reasons.join("; ")}`);
}
