import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { startSandbox } from "../../sandbox/server.ts";
import { gavin, jared, openSandbox, start, stepMs } from "./open-sandbox.ts";

async function newFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "sandbox-"));
  onTestFinished(() => rm(folder, { recursive: true }));
  return folder;
}

describe("a data file", () => {
  test("holds everything that was acknowledged, without an orderly end", async () => {
    const dataFile = join(await newFolder(), "new", "state.json");
    const first = await openSandbox({ dataFile });
    const id = await first.create("AU00003", jared);
    first.pass(stepMs);
    await first.answer(id, ["1234"]);
    await first.control("PUT", "/institutions/AU00004", { status: "major-outage", outage: "queue" });
    const queued = await first.create("AU00004", gavin);
    const token = await first.newToken();
    await first.control("PUT", "/faults", [{ method: "GET", path: "/x", times: 2, do: { status: 500 } }]);
    const calls = await first.ledger();

    const second = await openSandbox({ dataFile, at: start + 2 * stepMs, timeScale: 50 });
    expect(await second.statuses(id)).toEqual(["success", "success", "in-progress", "pending"]);
    expect(await second.statuses(queued)).toEqual(["pending", "pending", "pending"]);
    expect((await second.send("GET", "/institutions", { token })).status).toBe(200);
    expect((await second.ledger()).slice(0, calls.length)).toEqual(calls);
    expect((await second.send("GET", "/x")).status).toBe(500);
    const skipped = await second.create("AU00003", jared);
    second.pass(stepMs);
    expect((await second.step(skipped, "mfa-challenge"))?.status).toBe("skipped");
    await second.control("PUT", "/institutions/AU00004", { status: "operational" });
    expect((await second.statuses(queued))[0]).toBe("in-progress");
  });

  test("holds the work of a call whose reply was lost", async () => {
    const dataFile = join(await newFolder(), "state.json");
    const bank = await openSandbox({ dataFile });
    const path = "/users/user-1/connections";
    await bank.control("PUT", "/faults", [{ method: "POST", path, times: 1, do: { reset: "after" } }]);
    await expect(
      bank.send("POST", path, { body: { ...gavin, institution: { id: "AU00000" } } }),
    ).rejects.toThrow();
    expect(JSON.parse(await readFile(dataFile, "utf8")).jobs).toHaveLength(1);
  });

  test("holds each of many calls at once, and leaves nothing beside it", async () => {
    const folder = await newFolder();
    const bank = await openSandbox({ dataFile: join(folder, "state.json") });
    const ids = await Promise.all(
      Array.from({ length: 40 }, (_, n) => bank.create("AU00000", gavin, `user-${n}`)),
    );
    const kept = JSON.parse(await readFile(join(folder, "state.json"), "utf8"));
    expect(new Set(kept.jobs.map((job: { id: string }) => job.id))).toEqual(new Set(ids));
    expect(await readdir(folder)).toEqual(["state.json"]);
  });

  test.each(["", "{", "[]", '{"jobs":[{"id":1}],"password":"hooli2016"}'])(
    "that holds %o is refused, untouched, without quoting it",
    async (text) => {
      const dataFile = join(await newFolder(), "state.json");
      await writeFile(dataFile, text);
      const started = startSandbox({ port: 0, dataFile });
      await expect(started).rejects.toThrow(/^The sandbox's data file is not one of its states: [^"]*$/);
      expect(await readFile(dataFile, "utf8")).toBe(text);
    },
  );

  test("that is a folder is refused", async () => {
    await expect(startSandbox({ port: 0, dataFile: await newFolder() })).rejects.toThrow("cannot be read");
  });

  test("that cannot be written is refused", async () => {
    const folder = await newFolder();
    await writeFile(join(folder, "file"), "");
    const started = startSandbox({ port: 0, dataFile: join(folder, "file", "state.json") });
    await expect(started).rejects.toThrow(/cannot be (read|written)/);
  });

  test("that can no longer be written makes a call fail, not the program", async () => {
    const folder = await newFolder();
    const bank = await openSandbox({ dataFile: join(folder, "data", "state.json") });
    await rm(join(folder, "data"), { recursive: true });
    await writeFile(join(folder, "data"), "");
    const [error] = await bank.refused(500, "GET", "/institutions");
    expect(error?.code).toBe("internal-server-error");
    await rm(join(folder, "data"));
    expect((await bank.send("GET", "/institutions")).status).toBe(200);
  });
});
