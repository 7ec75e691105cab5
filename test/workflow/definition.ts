import * as z from "zod";

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

export type Branch = z.infer<typeof branch>;

/** What a branch of the Choice goes by. */
export function wordsOf(branch: Branch): string {
  const name = branch.Variable.slice("$.".length);
  return "StringEquals" in branch ? `${name} is ${branch.StringEquals}` : `no ${name}`;
}

/** Whether the Choice takes a branch, unless one before it is taken. */
export function isTaken(branch: Branch, input: { [name: string]: unknown }): boolean {
  const value = input[branch.Variable.slice("$.".length)];
  return "StringEquals" in branch ? value === branch.StringEquals : value === undefined;
}

/** What the tests read of a state machine's definition. */
export function parseDefinition(source: unknown): Definition {
  return definition.parse(source);
}
