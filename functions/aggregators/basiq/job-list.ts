import * as z from "zod/mini";
import { upstreamId } from "../../jobs/domain/ids.ts";
import { VERIFY_CREDENTIALS } from "../../jobs/domain/steps.ts";
import type { ListedJob } from "../../jobs/domain/upstream-job.ts";
import { connectionIdIn, isShort } from "./replies.ts";

/** Each entry is parsed separately. */
const jobListSchema = z.object({ data: z.array(z.unknown()) });

/**
 * A list may contain other kinds of jobs than ours. Since version 3.0, `jobType` names the kind, but the published
 * examples of statements have the kind `connection` too: some show it in their steps or errors. A connection may have
 * statements too: only then does the job name its connection as its source.
 */
const otherKindSchema = z.object({ jobType: z.string().check(z.refine((kind) => kind !== "connection")) });
const statementStepSchema = z.object({ title: z.literal("retrieve-statements") });
const statementErrorSchema = z.object({
  result: z.object({ code: z.string().check(z.startsWith("bank-statement-")) }),
});

/** Only the fields that identify a job, so that an unexpected value in another field cannot hide the job from us. */
const listedSchema = z.object({
  id: upstreamId,
  created: z.optional(z.unknown()),
  institution: z.object({ id: upstreamId }),
  links: z.optional(z.unknown()),
  steps: z.optional(z.unknown()),
});

const sourceSchema = z.object({ links: z.object({ source: z.unknown() }) });
const wrappedResultSchema = z.looseObject({ result: z.array(z.unknown()) });
const listedStepsSchema = z.object({ steps: z.array(z.unknown()) });
const verifiedSchema = z.object({
  title: z.literal(VERIFY_CREDENTIALS),
  result: z.object({ url: z.unknown() }),
});

/**
 * Returns the jobs of a list, without jobs of another kind than connections and statements. Throws if an entry cannot be
 * read: it may be the job that we search for, and we would send its login again. A statement that cannot be read is omitted.
 */
export function readUpstreamJobs(reply: unknown): ListedJob[] {
  return z.parse(jobListSchema, reply).data.flatMap((entry) => {
    if (z.safeParse(otherKindSchema, entry).success) return [];
    if (!isOfStatement(entry)) return [toListed(z.parse(listedSchema, entry))];
    const { data } = z.safeParse(listedSchema, entry);
    return data === undefined ? [] : [{ ...toListed(data), connectionId: undefined, isOfStatement: true }];
  });
}

/** Reads few fields only: a job of a statement may lack those that ours have. */
function isOfStatement(entry: unknown): boolean {
  const has = (schema: z.core.$ZodType) => stepsIn(entry).some((step) => z.safeParse(schema, step).success);
  const isOfConnection = connectionIdIn(sourceIn(entry)) !== undefined;
  return has(statementErrorSchema) || (has(statementStepSchema) && !isOfConnection);
}

/** Returns the steps of a listed job. A result in a one-element list becomes that element. */
function stepsIn(entry: unknown): readonly unknown[] {
  const parsed = z.safeParse(listedStepsSchema, entry);
  return (parsed.success ? parsed.data.steps : []).map((step) => {
    const wrapped = z.safeParse(wrappedResultSchema, step);
    return wrapped.success ? { ...wrapped.data, result: wrapped.data.result[0] } : step;
  });
}

function toListed(job: z.output<typeof listedSchema>): ListedJob {
  const { id, created, institution } = job;
  return {
    id,
    created: typeof created === "string" && isShort(created) ? created : "",
    institutionId: institution.id,
    connectionId: connectionIdIn(sourceIn(job)) ?? connectionIdIn(linkInSteps(job)),
  };
}

function sourceIn(job: unknown): unknown {
  const parsed = z.safeParse(sourceSchema, job);
  return parsed.success ? parsed.data.links.source : undefined;
}

function linkInSteps(job: unknown): unknown {
  const found = stepsIn(job).map((step) => z.safeParse(verifiedSchema, step));
  return found.find(({ success }) => success)?.data?.result.url;
}
