import type { Institution } from "./institution.ts";
import type { Login } from "./login.ts";
import type { Secret } from "./secret.ts";
import type { ListedJob, UpstreamJob } from "./upstream-job.ts";

/*
 * The ports to the aggregator.
 */

/** Throws `UpstreamUnavailable` or `UpstreamRefused`. */
export interface Upstream {
  institution(institutionId: string): Promise<Institution | undefined>;
  /** Never repeated by the adapter once it may have arrived. */
  openConnection(userId: string, institutionId: string, login: Login): Promise<{ upstreamJobId: string }>;
  /** As {@link Upstream.openConnection}, with another login for a connection that there is. */
  updateConnection(userId: string, connectionId: string, login: Login): Promise<{ upstreamJobId: string }>;
  /** As {@link Upstream.openConnection}, with the login that upstream has. */
  refreshConnection(userId: string, connectionId: string): Promise<{ upstreamJobId: string }>;
  job(upstreamJobId: string): Promise<UpstreamJob>;
  /** A user's jobs; of one connection only, when it is named. */
  jobsOf(userId: string, connectionId?: string): Promise<ListedJob[]>;
  /** Never repeated by the adapter once it may have arrived. */
  answer(upstreamJobId: string, answers: readonly Secret[]): Promise<void>;
}

/** What upstream knows of a user's connection. Throws as {@link Upstream} does. */
export interface Connections {
  /** `undefined` when the user has no such connection. */
  connection(userId: string, connectionId: string): Promise<Connection | undefined>;
}

/** What upstream knows of all connections of a user. Throws as {@link Upstream} does. */
export interface ConnectionList {
  connectionsOf(userId: string): Promise<Connection[]>;
}

export interface Connection {
  id: string;
  institutionId: string;
  /** No login for it was ever taken. */
  isBeingMade?: true | undefined;
}
