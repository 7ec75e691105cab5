import * as z from "zod/mini";
import type { HttpRequest } from "../../http/request.ts";
import { connectionIdSchema, INSTITUTION_ID, upstreamId } from "../../jobs/domain/ids.ts";
import { type Problem, Refusal } from "../../jobs/domain/refusal.ts";
import { Secret } from "../../jobs/domain/secret.ts";
import { LINK_ACTIONS, MAX_LINK_MINUTES } from "../domain/link.ts";
import type { WantedLink } from "../use-cases/manage-links.ts";
import type { WayBack } from "../use-cases/return-from-consent-ui.ts";

const MAX_STATE = 512;
const MAX_MOBILE = 64;

const CONFIRMS_DELETION = "deletes-connections";

/** Published clients send `null` and `""` for missing values. */
const missing = z.literal("");

export const authLinkRequest = z.object({
  mobile: z.nullish(z.string().check(z.maxLength(MAX_MOBILE))),
  action: z.nullish(z.union([z.enum(LINK_ACTIONS), missing])),
  institutionId: z.nullish(z.union([z.string().check(z.regex(INSTITUTION_ID)), missing])),
  connectionId: z.nullish(z.union([connectionIdSchema, missing])),
  returnUrl: z.nullish(z.string()),
  state: z.nullish(z.string().check(z.maxLength(MAX_STATE))),
  expiresInMinutes: z.nullish(z.int().check(z.gte(1), z.lte(MAX_LINK_MINUTES))),
  confirm: z.nullish(z.union([z.literal(CONFIRMS_DELETION), missing])),
});

/** Throws a `Refusal` that names every field that is not valid. Ignores unknown fields. */
export function parseAuthLinkRequest(body: object): WantedLink {
  const parsed = z.safeParse(authLinkRequest, body);
  if (!parsed.success) throw fieldsNotValid(parsed.error.issues.map(({ path }) => String(path[0])));
  const { mobile, action, institutionId, connectionId, returnUrl, state, expiresInMinutes, confirm } =
    parsed.data;
  // The address of the Consent UI has one of them.
  if (institutionId && connectionId) throw fieldsNotValid(["institutionId"]);
  return {
    mobile: mobile || undefined,
    action: action || null,
    institutionId: institutionId || undefined,
    connectionId: connectionId || undefined,
    returnUrl: returnUrl || undefined,
    state: state || undefined,
    minutes: expiresInMinutes ?? undefined,
    confirmsDeletion: confirm === CONFIRMS_DELETION,
  };
}

/** The refusal names only fields of our own schema, and never repeats text of the request. */
function fieldsNotValid(fields: readonly string[]): Refusal {
  const [first, ...more] = [...new Set(fields)].map(
    (field): Problem => ({ reason: "field-not-valid", field }),
  );
  return new Refusal(first ?? "not-json", ...more);
}

/** Returns the id of a link as its address has it. Another text is an id that no link has. */
export function linkIdOfPath(request: HttpRequest): Secret {
  return new Secret(request.parameter("linkId"));
}

/** The Consent UI names one job with `jobId`, or several with `jobIds`. */
const JOB_PARAMETERS = ["jobIds", "jobId"];

/** Drops what cannot be an id of the aggregator. */
export function upstreamJobsIn(rawQuery: string): WayBack["upstreamJobIds"] {
  const query = new URLSearchParams(rawQuery);
  const named = JOB_PARAMETERS.flatMap((name) => query.getAll(name)).flatMap((value) => value.split(","));
  const ids = named.map((id) => z.safeParse(upstreamId, id.trim()).data).filter((id) => id !== undefined);
  return [...new Set(ids)];
}
