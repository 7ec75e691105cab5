import { SFNClient, StopExecutionCommand } from "@aws-sdk/client-sfn";
import type { LocalSystem } from "../../infra/local/start-local.ts";
import { allBegun, begun, cancel, connected, list, refresh, refreshAll, resume, update } from "./calls.ts";
import { executionOf } from "./execution-of.ts";
import { HOOLI, HOOLI_GOV, LOGINS, PIED_PIPER } from "./logins.ts";
import type { MobileBackend } from "./mobile-backend.ts";
import { untilQueued } from "./queued.ts";

/**
 * Requests and jobs that go well, that are refused, and that meet what is broken, one after the other. Gives the jobs that one
 * request named.
 */
export async function logStory(backend: MobileBackend, system: LocalSystem): Promise<string[]> {
  const connectionId = await connected(backend, HOOLI, LOGINS.gavin);
  await connected(backend, PIED_PIPER, LOGINS.jared, ["1234"]);
  await backend.untilOver(begun(await refresh(backend, connectionId)));
  await backend.untilOver(begun(await update(backend, connectionId, LOGINS.gavin)));
  const several = allBegun(await refreshAll(backend));
  await list(backend);
  await refusedRequests(backend);
  await backend.untilOver(await backend.startJob(HOOLI, { ...LOGINS.gavin, password: "wrong" }));
  await brokenBank(backend);
  await stoppedExecution(backend, system);
  return several;
}

async function refusedRequests(backend: MobileBackend): Promise<void> {
  await backend.send("GET", `/jobs/${crypto.randomUUID()}`);
  await backend.readJob(crypto.randomUUID());
  await backend.readJob("no-job");
  await backend.connect("no-bank", LOGINS.gavin);
  await backend.call("POST", `/users/${backend.userId}/connections`, {});
  await backend.call("PUT", "/token");
  await backend.send("GET", "/health");
}

async function brokenBank(backend: MobileBackend): Promise<void> {
  await backend.faults([{ method: "GET", path: "/institutions/*", times: 100, do: { status: 503 } }]);
  await backend.connect("AU00009", LOGINS.gavin);
  await backend.faults([{ method: "POST", path: "/users/*/connections", times: 1, do: { reset: "after" } }]);
  await backend.untilOver(await backend.startJob(HOOLI, LOGINS.gavin));

  await backend.institution(HOOLI_GOV, { status: "major-outage", outage: "refuse" });
  const queued = await backend.startJob(HOOLI_GOV, LOGINS.gavin);
  await untilQueued(backend, queued);
  await resume(backend, queued);
  await cancel(backend, queued);
  await cancel(backend, queued);
}

/** What the user answers finds nobody that waits, until the sweeper comes. */
async function stoppedExecution(backend: MobileBackend, system: LocalSystem): Promise<void> {
  const jobId = await backend.startJob(PIED_PIPER, LOGINS.jared);
  await backend.untilAsked(jobId);
  await new SFNClient().send(new StopExecutionCommand({ executionArn: executionOf(system, jobId).arn }));
  await backend.answer(jobId, ["1234"]);
  await backend.untilOver(jobId);
}
