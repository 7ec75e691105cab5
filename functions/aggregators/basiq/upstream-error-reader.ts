import * as z from "zod/v4/core";
import { listOf, object } from "../../jobs/domain/kinds.ts";
import type { StepError } from "../../jobs/domain/steps.ts";
import { shortText, text } from "./upstream-text.ts";

export const upstreamErrorSchema = object({
  data: listOf(object({ code: shortText, title: text, detail: text, details: text })),
});

/** The first error of a reply; nothing when it is not in upstream's own words. */
export function readUpstreamError(reply: unknown): StepError | undefined {
  const parsed = z.safeParse(upstreamErrorSchema, reply);
  const [first] = parsed.success ? parsed.data.data : [];
  return first && readStepError(first);
}

/** An error in upstream's words, `detail` or `details`. */
export function readStepError(error: {
  code: string;
  title?: string | null | undefined;
  detail?: string | null | undefined;
  details?: string | null | undefined;
}): StepError {
  const title = error.title ?? error.code;
  return { code: error.code, title, detail: error.detail ?? error.details ?? title };
}
