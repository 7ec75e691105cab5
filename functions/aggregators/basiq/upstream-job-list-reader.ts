import * as z from "zod/v4/core";
import { upstreamId } from "../../jobs/domain/ids.ts";
import { anything, listOf, object, optional, textThat } from "../../jobs/domain/kinds.ts";
import { VERIFY_CREDENTIALS } from "../../jobs/domain/steps.ts";
import type { ListedJob } from "../../jobs/domain/upstream-job.ts";
import { connectionIdIn } from "./upstream-links.ts";
import { isShort } from "./upstream-text.ts";

/** Entries are read one by one. */
const listSchema = object({ data: listOf(anything) });

/** A list may hold jobs of kinds that are not ours. They are named since 3.0. */
const otherKindSchema = object({ jobType: textThat((kind) => kind !== "connection") });

/** No more than a job is known by, so that nothing else that upstream may say of it makes it pass unseen. */
const listedSchema = object({
  id: upstreamId,
  created: optional(anything),
  institution: object({ id: upstreamId }),
  links: optional(anything),
  steps: optional(anything),
});

const sourceSchema = object({ source: anything });
const stepsSchema = listOf(anything);
const verifiedSchema = object({
  title: textThat((title) => title === VERIFY_CREDENTIALS),
  result: object({ url: anything }),
});

/**
 * The jobs of a list, without those that say that they are of another kind. Throws for any other one that cannot be told: it may
 * be the very one that is looked for, and a login that is taken for lost is sent again.
 */
export function readUpstreamJobs(reply: unknown): ListedJob[] {
  return z
    .parse(listSchema, reply)
    .data.filter((entry) => !z.safeParse(otherKindSchema, entry).success)
    .map((entry) => toListed(z.parse(listedSchema, entry)));
}

function toListed({ id, created, institution, links, steps }: z.output<typeof listedSchema>): ListedJob {
  return {
    id,
    created: typeof created === "string" && isShort(created) ? created : "",
    institutionId: institution.id,
    connectionId: connectionIdIn(sourceOf(links)) ?? connectionIdIn(linkOf(steps)),
  };
}

function sourceOf(links: unknown): unknown {
  const parsed = z.safeParse(sourceSchema, links);
  return parsed.success ? parsed.data.source : undefined;
}

function linkOf(steps: unknown): unknown {
  const parsed = z.safeParse(stepsSchema, steps);
  const found = parsed.success ? parsed.data.map((step) => z.safeParse(verifiedSchema, step)) : [];
  return found.find(({ success }) => success)?.data?.result.url;
}
