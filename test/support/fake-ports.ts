import type { Institution } from "../../functions/domain/institution.ts";
import type { Claims, Ports, Waker, Workflow } from "../../functions/domain/ports.ts";
import { fakeClock } from "./fake-clock.ts";
import { fakeJobStore } from "./fake-job-store.ts";
import { fakeSealer, fakeVault } from "./fake-vault.ts";
import { scriptedUpstream } from "./scripted-upstream.ts";

/** Parts of the application in memory, to be looked into and to be spoilt. */
export function fakePorts() {
  const clock = fakeClock();
  const upstream = scriptedUpstream(clock);
  for (const institution of INSTITUTIONS) upstream.institutions.set(institution.id, institution);
  let ids = 0;
  return {
    clock,
    upstream,
    jobs: fakeJobStore(clock),
    vault: fakeVault(clock),
    sealer: fakeSealer(),
    claims: fakeClaims(),
    workflow: recordedWorkflow(),
    waker: recordedWaker(),
    institutions: { institution: async (id: string) => upstream.institutions.get(id) },
    newId: () => `00000000-0000-4000-8000-${String(++ids).padStart(12, "0")}`,
  } satisfies Partial<Ports>;
}

export type FakePorts = ReturnType<typeof fakePorts>;

const plain = { needsSecurityCode: false, needsSecondaryLoginId: false, status: "operational" } as const;

const INSTITUTIONS: readonly Institution[] = [
  { ...plain, id: "AU00000", authorization: "user" },
  { ...plain, id: "AU00002", authorization: "user-mfa" },
  { ...plain, id: "AU00006", authorization: "user", needsSecurityCode: true, needsSecondaryLoginId: true },
  { ...plain, id: "AU19301", authorization: "token" },
];

function fakeClaims(): Claims & { held: Map<string, string> } {
  const held = new Map<string, string>();
  return {
    held,
    holder: async (userId, institutionId) => held.get(`${userId} ${institutionId}`),
    take: async (userId, institutionId, jobId, from) => {
      const key = `${userId} ${institutionId}`;
      if (held.get(key) !== from) return false;
      held.set(key, jobId);
      return true;
    },
  };
}

function recordedWorkflow(): Workflow & { started: string[]; failures: Error[] } {
  const started: string[] = [];
  const failures: Error[] = [];
  return {
    started,
    failures,
    start: async (jobId) => {
      const failure = failures.shift();
      if (failure !== undefined) throw failure;
      started.push(jobId);
    },
  };
}

function recordedWaker(): Waker & { woken: { token: string; challengeNumber: number }[] } {
  const woken: { token: string; challengeNumber: number }[] = [];
  return {
    woken,
    wake: async (taskToken, challengeNumber) => {
      woken.push({ token: taskToken.reveal(), challengeNumber });
    },
  };
}
