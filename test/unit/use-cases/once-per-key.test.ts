import { describe, expect, test } from "vitest";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import { oncePerKey } from "../../../functions/jobs/use-cases/once-per-key.ts";
import { type FakePorts, fakePorts } from "../../support/fake-ports.ts";
import { USER_ID } from "../../support/job-examples.ts";
import { countedWork, keyed } from "../../support/use-case-worlds.ts";

const DAY_MS = 24 * 3600_000;
const kept = (ports: FakePorts) => [...ports.reservations.rows.values()];

test("without a key, each request is one of its own, and nothing is kept", async () => {
  const [ports, work] = [fakePorts(), countedWork()];
  const replies = [await oncePerKey(ports, undefined, work), await oncePerKey(ports, undefined, work)];
  expect(new Set(work.runs).size).toBe(2);
  expect(replies.map(({ jobId }) => jobId)).toEqual(work.runs);
  expect(kept(ports)).toEqual([]);
});

describe("the same request again", () => {
  test("gets the first reply, to the byte, and does nothing", async () => {
    const [ports, work] = [fakePorts(), countedWork()];
    const first = await oncePerKey(ports, keyed(), work);
    const again = await oncePerKey(ports, keyed(), work);
    expect(first).toMatchObject({ status: 202, body: { run: 1 }, jobId: work.runs[0] });
    expect(JSON.stringify(again)).toBe(JSON.stringify(first));
    expect(work.runs).toHaveLength(1);
  });

  test.each([
    ["until just before 24 hours have passed", DAY_MS - 1000, 1],
    ["and is a new one from then on", DAY_MS, 2],
  ])("%s", async (_, ms, runs) => {
    const [ports, work] = [fakePorts(), countedWork()];
    await oncePerKey(ports, keyed(), work);
    ports.clock.pass(ms);
    await oncePerKey(ports, keyed(), work);
    expect(new Set(work.runs).size).toBe(runs);
  });

  test("after 24 hours may be another one", async () => {
    const [ports, work] = [fakePorts(), countedWork()];
    await oncePerKey(ports, keyed(), work);
    ports.clock.pass(DAY_MS);
    await oncePerKey(ports, keyed({ text: "POST /b\n{}" }), work);
    expect(work.runs).toHaveLength(2);
  });
});

describe("another request with the same key", () => {
  test.each([
    ["another body", { text: 'POST /a\n{"loginId":"x"}' }],
    ["another call", { text: "POST /b\n{}" }],
  ])("is refused: %s", async (_, other) => {
    const [ports, work] = [fakePorts(), countedWork()];
    const first = await oncePerKey(ports, keyed(), work);
    const again = oncePerKey(ports, keyed(other), work);
    await expect(again).rejects.toMatchObject({
      problems: [{ reason: "idempotency-key-reused", field: "Idempotency-Key" }],
    });
    expect(work.runs).toHaveLength(1);
    expect(await oncePerKey(ports, keyed(), work)).toEqual(first);
  });

  test("is refused while the first one is at work, without waiting for it", async () => {
    const ports = fakePorts();
    const { promise, resolve } = Promise.withResolvers<void>();
    const work = countedWork(() => promise);
    const first = oncePerKey(ports, keyed(), work);
    while (work.runs.length === 0) await Promise.resolve();
    const before = ports.clock.now();
    await expect(oncePerKey(ports, keyed({ text: "POST /b\n{}" }), work)).rejects.toThrow(Refusal);
    expect(ports.clock.now()).toEqual(before);
    resolve();
    expect((await first).status).toBe(202);
    expect(work.runs).toHaveLength(1);
  });

  test.each([
    ["another key", { key: "k-2" }],
    ["another user's key", { userId: "somebody-else" }],
  ])("is not what %s makes it", async (_, other) => {
    const [ports, work] = [fakePorts(), countedWork()];
    const first = await oncePerKey(ports, keyed(), work);
    const second = await oncePerKey(ports, keyed(other), work);
    expect(second.jobId).not.toBe(first.jobId);
    expect(work.runs).toHaveLength(2);
  });
});

test("what is kept holds nothing of the request, and its fingerprint opens for nobody else", async () => {
  const ports = fakePorts();
  const request = keyed({ text: "POST /a\nhooli2016" });
  await oncePerKey(ports, request, countedWork());
  const [row] = kept(ports);
  if (row === undefined) throw new Error("nothing is kept");
  const texts = [row.fingerprint.mac, row.fingerprint.sealedKey].map((bytes) =>
    Buffer.from(bytes).toString(),
  );
  expect(`${JSON.stringify(row)} ${texts.join(" ")}`).not.toContain("hooli2016");
  const ref = { jobId: row.jobId, userId: USER_ID, purpose: "idempotency" } as const;
  expect(await ports.fingerprints.matches(ref, request.text, row.fingerprint)).toBe(true);
  const anothers = { ...ref, userId: "somebody-else" };
  await expect(ports.fingerprints.matches(anothers, request.text, row.fingerprint)).rejects.toThrow();
});

test("two requests that are the same have fingerprints that are not", async () => {
  const [ports, work] = [fakePorts(), countedWork()];
  await oncePerKey(ports, keyed(), work);
  await oncePerKey(ports, keyed({ key: "k-2" }), work);
  const macs = kept(ports).map(({ fingerprint }) => Buffer.from(fingerprint.mac).toString("hex"));
  expect(new Set(macs).size).toBe(2);
});
