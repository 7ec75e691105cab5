import * as z from "zod/mini";
import { userIdSchema } from "../../jobs/domain/ids.ts";
import { Refusal } from "../../jobs/domain/refusal.ts";
import { EVENT_ID } from "../domain/event.ts";
import { type Entity, EVENT_TYPES } from "../domain/event-types.ts";

const MAX_LIMIT = 500;
const LIMIT = /^[1-9]\d{0,2}$/;
const FILTER = /^(user\.id|event\.entity|event\.type)\.eq\('([^']*)'\)$/;

export interface EventFilter {
  userId?: string;
  entity?: Entity;
  eventType?: string;
}

export interface EventListRequest {
  filter: EventFilter;
  limit: number;
  after: string | undefined;
}

/** Throws a `Refusal` that names the invalid parameter. */
export function parseEventListRequest(query: (name: string) => string | undefined): EventListRequest {
  return {
    filter: filterIn(query("filter")),
    limit: limitIn(query("limit")),
    after: eventIdIn(query("after")),
  };
}

function limitIn(limit: string | undefined): number {
  if (limit === undefined) return MAX_LIMIT;
  if (!LIMIT.test(limit) || Number(limit) > MAX_LIMIT) throw notValid("limit");
  return Number(limit);
}

function eventIdIn(after: string | undefined): string | undefined {
  if (after !== undefined && !EVENT_ID.test(after)) throw notValid("after");
  return after;
}

/** Reads up to three conditions, separated by commas. Each may occur once. */
function filterIn(filter: string | undefined): EventFilter {
  const wanted: EventFilter = {};
  for (const condition of filter === undefined ? [] : filter.split(",")) {
    const [, field, value = ""] = FILTER.exec(condition.trim()) ?? [];
    const one = conditionOf(field, value);
    const [name] = Object.keys(one ?? {});
    if (one === undefined || name === undefined || name in wanted) {
      throw new Refusal({ reason: "filter-not-valid", field: "filter" });
    }
    Object.assign(wanted, one);
  }
  return wanted;
}

function conditionOf(field: string | undefined, value: string): EventFilter | undefined {
  if (field === "user.id") {
    const userId = z.safeParse(userIdSchema, value);
    return userId.success ? { userId: userId.data } : undefined;
  }
  if (field === "event.entity") {
    const entity = EVENT_TYPES.find((type) => type.entity === value)?.entity;
    return entity && { entity };
  }
  const isType = field === "event.type" && EVENT_TYPES.some(({ eventType }) => eventType === value);
  return isType ? { eventType: value } : undefined;
}

/** Returns the refusal of a parameter of the query. */
export function notValid(field: "after" | "limit"): Refusal {
  return new Refusal({ reason: "field-not-valid", field });
}
