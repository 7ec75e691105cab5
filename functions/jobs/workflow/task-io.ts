import { jobIdSchema } from "../domain/ids.ts";
import { anyText, object, oneOf, optional } from "../domain/kinds.ts";
import { wholeNumber } from "../domain/whole-number.ts";
import { secretText } from "./secret-text.ts";

/** Inputs and outputs of the workflow's Tasks. Small facts only: they are kept in the execution's history. */
export const jobInput = object({ jobId: jobIdSchema });

export const askInput = object({ jobId: jobIdSchema, taskToken: secretText });

export const giveUpInput = object({ jobId: jobIdSchema, failure: anyText });

/** What goes through the workflow from state to state. */
export const jobOutput = object({ jobId: anyText });

export const followOutput = object({
  jobId: anyText,
  next: oneOf("done", "hold", "wait", "ask"),
  waitSeconds: optional(wholeNumber),
  timeoutSeconds: optional(wholeNumber),
});
