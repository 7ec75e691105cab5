import { expect } from "vitest";
import * as z from "zod";
import { allBegun, begun, connectionPath, refresh, refreshAll, update } from "./calls.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import type { HttpReply, MobileBackend } from "./mobile-backend.ts";
import { observedConnection, type PermissionJourney, rowCall } from "./permission-journey.ts";

/** The ways to ask for a job, each by its function. */
interface Asking {
  entry: string;
  title: string;
  ask(backend: MobileBackend, connectionId: string): Promise<HttpReply>;
}

const CREATE: Asking = {
  entry: "create-connection",
  title: "one login",
  ask: (backend) => backend.connect(HOOLI, LOGINS.gavin),
};
const OF_A_CONNECTION: readonly Asking[] = [
  {
    entry: "update-connection",
    title: "one update",
    ask: (backend, connectionId) => update(backend, connectionId, LOGINS.gavin),
  },
  { entry: "refresh-connection", title: "one refresh", ask: refresh },
  { entry: "refresh-connections", title: "a refresh of everything", ask: refreshAll },
];

const named = z.union([
  z.object({ type: z.literal("job"), id: z.string() }).transform(({ id }) => id),
  z.object({ data: z.tuple([z.object({ id: z.string() })]) }).transform(({ data }) => data[0].id),
]);

/** The job that a reply names, whether it has begun it or found it. */
export function jobNamed({ json }: HttpReply): string {
  return named.parse(json);
}

/** Everything that accepting a job may take: nobody has been before, somebody is there, and somebody comes in between. */
function meeting({ entry, title, ask }: Asking): PermissionJourney {
  return {
    title: `two requests for ${title} meet, and one of them loses the claim`,
    async walk(system) {
      const backend = system.newBackend();
      const before =
        entry === CREATE.entry ? undefined : await observedConnection(system, backend, HOOLI, LOGINS.gavin);
      await backend.token();
      const { connectionId = "" } = before ?? {};
      const held = system.recorder.hold(rowCall(`api/${entry}`, "PutItem", "pk", "claim#"));
      const losing = ask(backend, connectionId);
      await held.arrived;
      const jobId = jobNamed(await ask(backend, connectionId));
      held.release();
      expect(jobNamed(await losing)).toBe(jobId);
      system.plan(jobId, {});
      await system.over(backend, jobId);
      expect(
        (await backend.upstreamCalls()).filter((call) => /^POST .*\/connections/.test(call)),
      ).toHaveLength(before === undefined ? 1 : 2);
      return [jobId, ...(before === undefined ? [] : [before.jobId])];
    },
  };
}

const token = z.object({ access_token: z.string() });
const stub = z.object({ id: z.string() });

/** Makes a connection at the aggregator, of which our API hears nothing. */
async function madeElsewhere({ userId, target }: MobileBackend): Promise<string> {
  const headers = { authorization: "Basic any", "basiq-version": "3.0", "content-type": "application/json" };
  const post = async (path: string, authorization: string, body: object) => {
    const init = { method: "POST", headers: { ...headers, authorization }, body: JSON.stringify(body) };
    return (await fetch(`${target.sandboxUrl}${path}`, init)).json();
  };
  const { access_token } = token.parse(await post("/token", headers.authorization, {}));
  const login = { ...LOGINS.gavin, institution: { id: HOOLI } };
  await post(`/users/${userId}/connections`, `Bearer ${access_token}`, login);
  const list = await fetch(`${target.sandboxUrl}/users/${userId}/connections`, {
    headers: { ...headers, authorization: `Bearer ${access_token}` },
  });
  const { data } = z.object({ data: z.tuple([stub]) }).parse(await list.json());
  return data[0].id;
}

export const JOURNEYS_OF_CONNECTIONS: readonly PermissionJourney[] = [
  meeting(CREATE),
  ...OF_A_CONNECTION.map(meeting),
  {
    title: "a connection that only upstream knows is read anew",
    async walk(system) {
      const backend = system.newBackend();
      const connectionId = await madeElsewhere(backend);
      const jobId = begun(await refresh(backend, connectionId));
      system.plan(jobId, {});
      await system.over(backend, jobId);
      expect(await backend.upstreamCalls()).toContain(`GET ${connectionPath(backend, connectionId)}`);
      return [jobId];
    },
  },
  {
    title: "all connections of a user are read anew",
    async walk(system) {
      const backend = system.newBackend();
      const { jobId: first } = await observedConnection(system, backend, HOOLI, LOGINS.gavin);
      const [jobId = ""] = allBegun(await refreshAll(backend));
      system.plan(jobId, {});
      await system.over(backend, jobId);
      return [first, jobId];
    },
  },
];
