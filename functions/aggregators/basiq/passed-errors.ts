import * as z from "zod/mini";
import type { RefusalWords } from "../../jobs/domain/refusal.ts";
import { parsed } from "./exchange.ts";
import { readStepError, shortText, text } from "./replies.ts";

/** The most errors of one reply that a client gets. */
const MAX_ERRORS = 20;

const passedErrorsSchema = z.object({
  data: z.array(
    z.object({
      code: shortText,
      title: text,
      detail: text,
      details: text,
      source: z.catch(z.nullish(z.object({ pointer: text, parameter: text })), undefined),
    }),
  ),
});

/** Returns the errors of a reply for a client, at most `MAX_ERRORS`; empty if the reply is not in the aggregator's error format. */
export function readUpstreamErrors(body: Buffer): RefusalWords[] {
  const { data } = z.safeParse(passedErrorsSchema, parsed(body.toString()));
  return (data?.data ?? []).slice(0, MAX_ERRORS).map(({ source, ...error }) => ({
    ...readStepError(error),
    ...(source != null && {
      source: { pointer: source.pointer ?? undefined, parameter: source.parameter ?? undefined },
    }),
  }));
}
