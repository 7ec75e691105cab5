import type { Aims, Crash } from "./cell.ts";
import type { PatientClient } from "./patient-client.ts";
import type { UpstreamSide } from "./upstream-side.ts";

/** A part of a scenario, which all its users play at about the same time. */
export interface Act {
  /** What happens to everybody before it. */
  before?(upstream: UpstreamSide): Promise<void>;
  play(client: PatientClient): Promise<void>;
}

/** What a user does, from the first request until every job of it is over. */
export interface Scenario {
  /** What was there before, which nothing disturbs. */
  prepare?(client: PatientClient): Promise<void>;
  acts: readonly Act[];
  /** Upstream refuses a login for an outage, and so has not taken it: it may come again when the process died before that was noted. */
  isRefused?: boolean;
  /** The crash that it begins with, if it is about what comes after one. */
  first?: Crash;
  /** Of its runs one ends before the next begins: what ends one sweeper would keep another from coming in time. */
  isOneByOne?: true;
  /** The effects at which it is disturbed: all but the sweeper's, unless it says otherwise. */
  aims?: Aims;
  /** How the steps of every job end. */
  ends: readonly string[];
  /** Another way in which they may, once they are disturbed. */
  mayEnd?: readonly string[];
}
