import { expect, test } from "vitest";
import { startTestSystem } from "../../../infra/testing/start-test-system.ts";
import { HOOLI, LOGINS, PIED_PIPER } from "../../journeys/logins.ts";
import { MobileBackend } from "../../journeys/mobile-backend.ts";

test("A system with a limit refuses a job while another runs, and takes it while that one waits for its user or has ended", async () => {
  const system = await startTestSystem({ maxRunningJobs: 1 });
  try {
    await system.clock.pause();
    const statusOf = async (backend: MobileBackend, bank: string, login: Record<string, string>) => {
      const { status, headers } = await backend.connect(bank, login);
      return [status, headers.get("retry-after")];
    };
    const [asked, plain, late] = [
      new MobileBackend(system),
      new MobileBackend(system),
      new MobileBackend(system),
    ];
    expect(await statusOf(asked, PIED_PIPER, LOGINS.jared)).toEqual([202, null]);
    expect(await statusOf(plain, HOOLI, LOGINS.gavin)).toEqual([503, "5"]);
    // The bank has asked the first user, so that nothing runs.
    await system.clock.advance({ seconds: 10 });
    expect(await statusOf(plain, HOOLI, LOGINS.gavin)).toEqual([202, null]);
    expect(await statusOf(late, HOOLI, LOGINS.gavin)).toEqual([503, "5"]);
    await system.clock.advance({ seconds: 20 });
    expect(await statusOf(late, HOOLI, LOGINS.gavin)).toEqual([202, null]);
  } finally {
    await system.close();
  }
});
