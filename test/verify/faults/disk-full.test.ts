import { expect, test } from "vitest";
import { startSandbox } from "../../../sandbox/server.ts";
import { HOOLI, LOGINS } from "../../journeys/logins.ts";
import { isOver, MobileBackend } from "../../journeys/mobile-backend.ts";
import { LastingUser } from "../crashes/lasting-user.ts";
import { expectNoSecrets, manyLives } from "../support/program.ts";

/** No file may become larger than 2 MB, in blocks of 512 bytes: a write then fails as on a full disk. The template needs one of them. */
const BLOCKS = "4096";
const FULL = ["/bin/sh", "-c", 'ulimit -f "$0" && exec "$@"', BLOCKS];
/** Far more than there is room for. */
const MOST_USERS = 500;
const REFUSED_IN_A_ROW = 5;

test("When the disk is full, local mode accepts no job that it cannot store, and loses none that it has accepted", async () => {
  const closers: (() => Promise<void>)[] = [];
  // The aggregator has room: it is the witness of the logins.
  const sandbox = await startSandbox({ port: 0, timeScale: 20 });
  closers.push(sandbox.close);
  try {
    const start = await manyLives(
      { TIME_SCALE: "20", UPSTREAM_URL: sandbox.url, UPSTREAM_API_KEY: "sandbox" },
      (stop) => closers.push(stop),
    );
    const small = { ...(await start(FULL)), sandboxUrl: sandbox.url };
    const accepted: LastingUser[] = [];
    const token = await new MobileBackend(small).token();
    let refused = 0;
    for (let count = 0; refused < REFUSED_IN_A_ROW; count++) {
      if (count === MOST_USERS) throw new Error("The disk was never full.");
      const user = new LastingUser(small, token);
      const status = await user.create(HOOLI, LOGINS.gavin);
      if (status === 202) accepted.push(user);
      else expect([0, 500, 503]).toContain(status);
      refused = status === 202 ? 0 : refused + 1;
    }
    await small.end("SIGKILL");
    const large = await start();
    let succeeded = 0;
    for (const user of accepted) {
      const steps = await user.sees(isOver);
      const isWell = steps.every(({ status }) => status !== "failed");
      succeeded += Number(isWell);
      // A job that could not store what it did may fail. No login is sent twice.
      expect([Number(isWell), 1]).toContain(await user.posted());
    }
    process.stdout.write(
      `${accepted.length} jobs were accepted until the disk was full; all have ended, ${succeeded} of them well\n`,
    );
    expect(accepted.length).toBeGreaterThan(5);
    for (const life of [small, large]) expectNoSecrets(life, Object.values(LOGINS.gavin));
  } finally {
    for (const close of closers.toReversed()) await close();
  }
});
