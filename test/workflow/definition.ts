import * as z from "zod";

const handledErrors = { ErrorEquals: z.array(z.string()) };
const retrier = z.object({
  ...handledErrors,
  IntervalSeconds: z.number(),
  MaxAttempts: z.number(),
  BackoffRate: z.number(),
  MaxDelaySeconds: z.number().optional(),
});
/** What `next` has to be for a branch of the Choice, or that it is not there. */
export const NOTHING_SAID = "nothing";
const on = { Variable: z.literal("$.next"), Next: z.string() };
const choice = z.union([
  z.object({ ...on, StringEquals: z.string() }),
  z
    .object({ ...on, IsPresent: z.literal(false) })
    .transform(({ Variable, Next }) => ({ Variable, Next, StringEquals: NOTHING_SAID })),
]);
const state = z.looseObject({
  Type: z.string(),
  Next: z.string().optional(),
  Retry: z.array(retrier).default([]),
  Catch: z.array(z.object({ ...handledErrors, Next: z.string() })).default([]),
  Choices: z.array(choice).default([]),
  Default: z.string().optional(),
});
const definition = z.looseObject({
  StartAt: z.string(),
  TimeoutSeconds: z.number(),
  States: z.record(z.string(), state),
});

export type Definition = z.infer<typeof definition>;

/** What the tests read of a state machine's definition. */
export function parseDefinition(source: unknown): Definition {
  return definition.parse(source);
}
