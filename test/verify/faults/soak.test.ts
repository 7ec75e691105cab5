import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { API_KEY, localSystem } from "../../journeys/start-for-tests.ts";
import {
  answer,
  createAsked,
  createPlain,
  PatientClient,
  serverToken,
  untilOver,
} from "../crashes/patient-client.ts";
import { bytesInUse } from "../hostile/watched-process.ts";
import { dataDirectory } from "../support/data-directory.ts";
import { nightly } from "../support/nightly.ts";

const SOAK_MINUTES = nightly(30);
/** Only for a machine that has other work too. */
const TIMEOUT_MS = 3 * SOAK_MINUTES * 60_000 + 1_800_000;
const PARTS = 10;
const PART_MS = (SOAK_MINUTES / PARTS) * 60_000;
/** At the same time. */
const USERS = 12;
/** Between the middle of the soak and its end. Rows are in files. */
const MOST_BYTES_KEPT = 16 * 1024 * 1024;

const dataDir = dataDirectory();
const system = localSystem(60, () => ({ dataDir }));

test(
  "Local mode at full speed keeps its memory: each user connects a bank, and is erased",
  async () => {
    const { apiUrl, sandboxUrl = "" } = system();
    const target = { apiUrl, sandboxUrl, apiKey: API_KEY };
    const inUse: number[] = [];
    const jobs: number[] = [];

    async function connectAndErase(token: string, isAsked: boolean): Promise<void> {
      const client = new PatientClient(target, token, randomUUID());
      await (isAsked ? createAsked(client) : createPlain(client));
      if (isAsked) await answer(client);
      await untilOver(client);
      const steps = client.seen.at(-1)?.steps ?? [];
      expect(steps.map(({ status }) => status)).toEqual(steps.map(() => "success"));
      expect((await client.send("DELETE", `/users/${client.userId}`)).status).toBe(204);
    }

    for (let part = 0; part < PARTS; part++) {
      const began = performance.now();
      const token = await serverToken(target);
      let done = 0;
      const users = Array.from({ length: USERS }, async (_, index) => {
        // At least one job each, on any machine.
        do {
          await connectAndErase(token, index % 3 === 0);
          done++;
        } while (performance.now() - began < PART_MS);
      });
      await Promise.all(users);
      jobs.push(done);
      const { heap, buffers } = await bytesInUse();
      inUse.push(heap + buffers);
    }
    process.stdout.write(
      `${jobs.reduce((sum, each) => sum + each, 0)} jobs in at least ${SOAK_MINUTES} minutes: ${jobs.join(", ")}; ${inUse.map((bytes) => Math.round(bytes / 1e6)).join(", ")} MB\n`,
    );
    expect(Number(inUse.at(-1)) - Number(inUse[PARTS / 2])).toBeLessThan(MOST_BYTES_KEPT);
  },
  TIMEOUT_MS,
);
