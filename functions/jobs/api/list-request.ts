import { CONNECTION_ID, INSTITUTION_ID, UUID_V4 } from "../domain/ids.ts";
import { Refusal } from "../domain/refusal.ts";

const MAX_LIMIT = 500;

export interface ListRequest {
  limit: number;
  from: string | undefined;
  connectionId: string | undefined;
  institutionId: string | undefined;
}

const FILTER = /^(connection|institution)\.id\.eq\('([^']*)'\)$/;
const LIMIT = /^[1-9]\d{0,2}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/;

/** Throws a `Refusal` that names the parameter which cannot be used. */
export function parseListRequest(query: (name: string) => string | undefined): ListRequest {
  return { limit: limitIn(query("limit")), from: cursorIn(query("next")), ...filterIn(query("filter")) };
}

function limitIn(limit: string | undefined): number {
  if (limit === undefined) return MAX_LIMIT;
  if (!LIMIT.test(limit) || Number(limit) > MAX_LIMIT) throw notValid("limit");
  return Number(limit);
}

/** As we have given it out: the time and the id of the job at which a page ended. */
function cursorIn(next: string | undefined): string | undefined {
  const [time = "", id = ""] = next?.split("_") ?? [];
  if (next !== undefined && !(TIME.test(time) && UUID_V4.test(id) && next === `${time}_${id}`)) {
    throw notValid("next");
  }
  return next;
}

/** One condition or both, with a comma between them. */
function filterIn(filter: string | undefined): Pick<ListRequest, "connectionId" | "institutionId"> {
  const wanted: Pick<ListRequest, "connectionId" | "institutionId"> = {
    connectionId: undefined,
    institutionId: undefined,
  };
  for (const condition of filter === undefined ? [] : filter.split(",")) {
    const [, what, id = ""] = FILTER.exec(condition.trim()) ?? [];
    const [name, form] =
      what === "connection"
        ? (["connectionId", CONNECTION_ID] as const)
        : (["institutionId", INSTITUTION_ID] as const);
    if (what === undefined || !form.test(id) || wanted[name] !== undefined) throw notValid("filter");
    wanted[name] = id;
  }
  return wanted;
}

function notValid(field: string): Refusal {
  return new Refusal({ reason: "field-not-valid", field });
}
