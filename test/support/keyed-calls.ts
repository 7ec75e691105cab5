import { renderAccepted, renderStubs } from "../../functions/jobs/api/replies.ts";
import { derivedId, type KeptReply } from "../../functions/jobs/domain/idempotency.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import type { Accepted } from "../../functions/jobs/use-cases/accept-job.ts";
import { acceptConnection } from "../../functions/jobs/use-cases/create-connection.ts";
import { takePost } from "../../functions/jobs/use-cases/once-per-key.ts";
import { refreshConnections } from "../../functions/jobs/use-cases/refresh-connection.ts";
import type { FakePorts } from "./fake-ports.ts";
import { gavin, USER_ID } from "./job-examples.ts";
import { keyed } from "./keyed.ts";

const options = { apiUrl: "https://api.test", stepResults: "object" } as const;
const render = (accepted: Accepted) => renderAccepted(accepted, options);
const renderAll = (jobs: readonly Job[]) => ({ status: 202, body: renderStubs(jobs, options) });

/** The calls as their functions make them of the use cases, with a key. */
export const CALLS = {
  create: (ports: FakePorts, key = "k-1"): Promise<KeptReply> =>
    takePost(ports, USER_ID, keyed({ key }), {
      run: async (jobId) => {
        const request = { userId: USER_ID, institutionId: "AU00000", login: gavin };
        return render(await acceptConnection({ ...ports, newId: () => jobId }, request));
      },
      begun: (job) => render({ isNew: true, job }),
    }),

  "refresh all": (ports: FakePorts, key = "k-1"): Promise<KeptReply> =>
    takePost(ports, USER_ID, keyed({ key }), {
      run: async (id) => {
        const idFor = (connectionId: string) => derivedId(id, connectionId);
        return renderAll(await refreshConnections(ports, { userId: USER_ID, idFor }));
      },
      begun: (job) => renderAll([job]),
    }),
};
