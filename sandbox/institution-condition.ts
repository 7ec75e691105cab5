import type { Condition, State } from "./state.ts";

const operational: Condition = { status: "operational", outage: "refuse" };

export function conditionOf(state: State, institutionId: string): Condition {
  return state.conditions.get(institutionId) ?? operational;
}

export function isUnavailable(status: Condition["status"]): boolean {
  return status === "partial-outage" || status === "major-outage";
}
