import * as z from "zod/mini";
import { jobIdSchema } from "./ids.ts";
import { oneOf } from "./kinds.ts";
import { secretText } from "./secret-text.ts";
import { wholeNumber } from "./whole-number.ts";

/** Inputs and outputs of the workflow's Tasks. Small facts only: they are kept in the execution's history. */
export const jobInput = z.object({ jobId: jobIdSchema });

export const askInput = z.object({ jobId: jobIdSchema, taskToken: secretText });

export const giveUpInput = z.object({ jobId: jobIdSchema, failure: z.string() });

/** What goes through the workflow from state to state. */
export const jobOutput = z.object({ jobId: z.string() });

export const followOutput = z.object({
  jobId: z.string(),
  next: oneOf("done", "hold", "wait", "ask"),
  waitSeconds: z.optional(wholeNumber),
  timeoutSeconds: z.optional(wholeNumber),
});
