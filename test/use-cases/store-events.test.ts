import { expect, test } from "vitest";
import type { Event, JobEvent } from "../../functions/events/domain/event.ts";
import type { SetAside } from "../../functions/events/domain/ports.ts";
import { type StreamRecord, storeEvents } from "../../functions/events/use-cases/store-events.ts";
import type { Job } from "../../functions/jobs/domain/job.ts";
import { followingJob, JOB_ID, jobOf, lookOf, PLAIN } from "../support/job-examples.ts";
import { jobToFollow } from "../support/use-case-worlds.ts";

function inMemory() {
  const announced: string[] = [];
  const stored = new Map<string, JobEvent>();
  const setAside: SetAside[] = [];
  const erased = new Set<string>();
  return {
    stored,
    setAside,
    erased,
    reported: [] as (string | undefined)[],
    /** Fails as often as this says. */
    failures: 0,
    deps() {
      return {
        events: {
          add: async (event: Event) => {
            if (event.entity !== "job") throw new Error("no event of a job");
            if (this.failures-- > 0) throw new Error("down");
            if (!stored.has(event.id)) stored.set(event.id, event);
          },
          isErased: async (userId: string) => erased.has(userId),
          setAside: async (record: SetAside) => void setAside.push(record),
        },
        announce: async ({ id }: Event) => void announced.push(id),
        onSetAside: (jobId: string | undefined) => void this.reported.push(jobId),
      };
    },
    told: () => [...stored.values()].map(({ sequence, eventType }) => `${sequence} ${eventType}`),
  };
}

let numbers = 0;
const recordOf = (before: Job, after: Job): StreamRecord => ({
  number: String(++numbers),
  row: `job#${after.id}`,
  jobId: after.id,
  read: () => ({ before, after }),
});

const donePlain = lookOf({
  "verify-credentials": "success",
  "retrieve-accounts": "success",
  "retrieve-transactions": "success",
});

const versions = [
  jobOf(),
  jobOf({ phase: "opening", attempt: 1, version: 2, eventCount: 1 }),
  followingJob({ version: 3, eventCount: 1 }),
  followingJob({ version: 4, connectionId: "c1", eventCount: 2 }),
  followingJob({ version: 5, connectionId: "c1", phase: "succeeded", eventCount: 3 }),
];
const records = versions.slice(1).map((after, index) => recordOf(versions[index] ?? after, after));

test("the events of a job are stored in order, and a repeated or half stored batch adds none", async () => {
  const world = inMemory();
  world.failures = 1;
  await expect(storeEvents(world.deps(), records)).rejects.toThrow("down");
  await storeEvents(world.deps(), records.slice(0, 2));
  await storeEvents(world.deps(), records);
  await storeEvents(world.deps(), records);
  expect(world.told()).toEqual(["1 created", "2 updated", "3 succeeded"]);
  const [, , last] = [...world.stored.values()];
  expect(last).toMatchObject({
    entity: "job",
    userId: jobOf().userId,
    job: { id: JOB_ID, phase: "succeeded" },
  });
});

test("a record that cannot be read is set aside once, and stops no other", async () => {
  const world = inMemory();
  const broken: StreamRecord = {
    ...recordOf(jobOf(), jobOf()),
    read: () => {
      throw new Error("no job");
    },
  };
  const outcome = await storeEvents(world.deps(), [broken, ...records]).catch(() => "failed");
  expect(outcome).toBeUndefined();
  expect(world.setAside).toEqual([{ record: broken.number, jobId: JOB_ID }]);
  expect(world.reported).toEqual([JOB_ID]);
  expect(world.told()).toHaveLength(3);
});

test("no event of a user who was erased is stored", async () => {
  const world = inMemory();
  world.erased.add(jobOf().userId);
  await storeEvents(world.deps(), records);
  expect(world.told()).toEqual([]);
});

test("an event holds what the API shows, and neither the task token nor an id of the aggregator", async () => {
  const world = inMemory();
  const secret = { sealedTaskToken: "sealed", knownUpstreamJobIds: ["known"], upstreamJobId: "theirs" };
  await storeEvents(world.deps(), [
    recordOf(followingJob(), followingJob({ ...secret, version: 9, connectionId: "c1" })),
  ]);
  expect(JSON.stringify([...world.stored.values()])).not.toMatch(/sealed|known|theirs/i);
});

test("the sequence of a followed job has no gap, as the row counts it", async () => {
  const looks = [lookOf({ ...PLAIN, "verify-credentials": "success" }, { connectionId: "c1" }), donePlain];
  const { ports, follow } = await jobToFollow(looks);
  await follow();
  const written = ports.jobs.written.filter(({ id }) => id === JOB_ID);
  const world = inMemory();
  const read = written.slice(1).map((after, index) => recordOf(written[index] ?? after, after));
  await storeEvents(world.deps(), read);
  const sequences = [...world.stored.values()].map(({ sequence }) => sequence);
  expect(sequences).toEqual([1, 2]);
  expect(written.at(-1)?.eventCount).toBe(sequences.at(-1));
});
