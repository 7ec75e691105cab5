import { type OtherEvent, otherEventId } from "../../events/domain/event.ts";
import { JobChanged } from "../../jobs/domain/errors.ts";
import type { InstitutionStates } from "../domain/ports.ts";
import {
  announced,
  type InstitutionState,
  type Sign,
  type StatusChange,
  stateAfter,
} from "../domain/state.ts";

export interface ObserveDeps {
  states: InstitutionStates;
  /** Stores an event, and makes the messages of webhooks about it. Doing it again changes nothing. */
  announce(event: OtherEvent): Promise<void>;
}

/** So many functions may write the state of one institution at once. */
const MAX_TRIES = 10;

/**
 * Stores what a sign says about an institution, and announces a change of its status. A function may die in between: whoever
 * observes the institution next announces it. The id of the event is always the same, so that it is stored once.
 */
export async function observeInstitution(
  deps: ObserveDeps,
  institutionId: string,
  sign: Sign,
): Promise<InstitutionState> {
  const state = await change(deps.states, institutionId, (before) => stateAfter(before, sign));
  const { unannounced } = state;
  if (unannounced.length === 0) return state;
  for (const one of unannounced) await deps.announce(eventOf(institutionId, one));
  return change(deps.states, institutionId, (before) => announced(before, unannounced));
}

/** Reads, decides and writes, until no other writer comes in between. */
async function change(
  states: InstitutionStates,
  institutionId: string,
  decide: (before: InstitutionState) => InstitutionState,
): Promise<InstitutionState> {
  for (let tries = 0; tries < MAX_TRIES; tries++) {
    const before = await states.find(institutionId);
    const after = decide(before);
    if (after === before || (await states.write(after, before))) return after;
  }
  throw new JobChanged();
}

/** The event is about no user. */
function eventOf(institutionId: string, { status, since }: StatusChange): OtherEvent {
  return {
    id: otherEventId("institution", institutionId, status, since),
    entity: "institution",
    eventType: status,
    path: `/institutions/${institutionId}/health`,
  };
}
