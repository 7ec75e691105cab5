import { expect } from "vitest";
import { connectionPath } from "./calls.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import type { HttpReply, MobileBackend } from "./mobile-backend.ts";
import { observedConnection, type PermissionJourney } from "./permission-journey.ts";
import { jobNamed } from "./permission-journeys-of-connections.ts";

interface KeyedCall {
  title: string;
  /** What is called, on a connection if it needs one. */
  pathOf(backend: MobileBackend, connectionId: string): string;
  body: object;
}

const UPDATE: KeyedCall = { title: "an update", pathOf: connectionPath, body: LOGINS.gavin };
const REFRESH: KeyedCall = {
  title: "a refresh",
  pathOf: (backend, connectionId) => `${connectionPath(backend, connectionId)}/refresh`,
  body: {},
};
const REFRESH_ALL: KeyedCall = {
  title: "a refresh of everything",
  pathOf: (backend) => connectionPath(backend, "refresh"),
  body: {},
};
const CREATE: KeyedCall = {
  title: "a login",
  pathOf: ({ userId }) => `/users/${userId}/connections`,
  body: { ...LOGINS.gavin, institution: { id: HOOLI } },
};

async function send(backend: MobileBackend, path: string, body: object): Promise<HttpReply> {
  const headers = {
    authorization: `Bearer ${await backend.token()}`,
    "content-type": "application/json",
    "idempotency-key": "key-1",
  };
  return backend.send("POST", path, { headers, body: JSON.stringify(body) });
}

function repeated(call: KeyedCall): PermissionJourney {
  return {
    title: `${call.title} is asked for again with the same Idempotency-Key`,
    async walk(system) {
      const backend = system.newBackend();
      const before =
        call === CREATE ? undefined : await observedConnection(system, backend, HOOLI, LOGINS.gavin);
      const path = call.pathOf(backend, before?.connectionId ?? "");
      const first = await send(backend, path, call.body);
      expect(first.status).toBe(202);
      const again = await send(backend, path, call.body);
      expect([again.status, again.json]).toEqual([202, first.json]);
      const jobId = jobNamed(first);
      system.plan(jobId, {});
      await system.over(backend, jobId);
      return [jobId, ...(before === undefined ? [] : [before.jobId])];
    },
  };
}

/** What nobody has is refused. */
function refused(call: KeyedCall, body: object = call.body): PermissionJourney {
  return {
    title: `${call.title} is refused, and its Idempotency-Key forgotten`,
    async walk(system) {
      const backend = system.newBackend();
      const { status } = await send(backend, call.pathOf(backend, "none"), body);
      expect([400, 404]).toContain(status);
      return [];
    },
  };
}

export const JOURNEYS_OF_KEYS: readonly PermissionJourney[] = [
  ...[CREATE, UPDATE, REFRESH, REFRESH_ALL].map(repeated),
  refused(CREATE, { ...LOGINS.gavin, institution: { id: "AU99999" } }),
  refused(UPDATE),
  refused(REFRESH),
];
