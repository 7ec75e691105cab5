import { setTimeout as sleep } from "node:timers/promises";
import { expect, test } from "vitest";
import { connected } from "./calls.ts";
import { HOOLI, LOGINS } from "./logins.ts";
import { MobileBackend } from "./mobile-backend.ts";
import { target } from "./target.ts";

/** A quarter of an hour is 6 s: the next call has to come within it, on a busy machine too. */
const reached = target(150);

/** It is waited for twice. */
const LONG = { timeout: 60_000 };

const WRONG = { ...LOGINS.gavin, password: "mistyped" };

test(
  "after the time that the refusal names, a login may be tried again, and a right one ends it",
  LONG,
  async () => {
    const backend = new MobileBackend(reached());
    for (let times = 1; times <= 3; times++) {
      await backend.untilOver(await backend.startJob(HOOLI, WRONG));
    }
    const blocked = await backend.connect(HOOLI, LOGINS.gavin);
    expect(blocked.status).toBe(429);
    await sleep(Number(blocked.headers.get("retry-after")) * 1_000);

    // One more that is refused is the fourth in a row.
    await backend.untilOver(await backend.startJob(HOOLI, WRONG));
    const again = await backend.connect(HOOLI, LOGINS.gavin);
    expect(again.status).toBe(429);
    expect(await backend.loginsSent()).toBe(4);
    await sleep(Number(again.headers.get("retry-after")) * 1_000);

    await connected(backend, HOOLI, LOGINS.gavin);
    for (let times = 1; times <= 2; times++) {
      await backend.untilOver(await backend.startJob(HOOLI, WRONG));
    }
    await connected(backend, HOOLI, LOGINS.gavin);
  },
);
