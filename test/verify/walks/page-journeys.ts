import { expect } from "vitest";
import { AVIATO, HOOLI, PIED_PIPER } from "../../journeys/logins.ts";
import { BANK_OUT_OF_SIGHT, type MobileBackend } from "../../journeys/mobile-backend.ts";
import { newCompany, visitor } from "../page/visits.ts";
import { filledIn, type Person } from "../support/person.ts";
import type { ObservedSystem } from "./observed-system.ts";
import { type PermissionJourney, rowCall } from "./permission-journeys.ts";

const GAVIN = { Login: "gavinBelson", Password: "hooli2016" };
const JARED = { Login: "jared", Password: "django" };

/** A journey of a person who has pressed the button of a link to a bank. */
function journey(
  title: string,
  institutionId: string,
  walk: (system: ObservedSystem, person: Person, backend: MobileBackend) => Promise<string[]>,
): PermissionJourney {
  return {
    title,
    async walk(system) {
      const backend = await newCompany(system.newBackend().target);
      return walk(system, await visitor(backend, { institutionId }), backend);
    },
  };
}

/** The job that the page shows. The functions of the job wait for this. */
function planned(system: ObservedSystem, person: Person): string {
  const jobId = person.page.path.split("/").at(-1) ?? "";
  system.plan(jobId, {});
  return jobId;
}

/** A job that waits in the queue. The bank is back. */
async function queued(system: ObservedSystem, person: Person, backend: MobileBackend): Promise<string> {
  await backend.institution(HOOLI, { status: "major-outage", outage: "refuse" });
  await person.submit("Log in", GAVIN);
  const jobId = planned(system, person);
  await person.untilHeading(/is down/);
  await backend.institution(HOOLI, { status: "operational" });
  return jobId;
}

/** Journeys of persons on our page. */
export const PAGE_JOURNEYS: readonly PermissionJourney[] = [
  journey("a person logs in on the page, waits, and answers", PIED_PIPER, async (system, person, backend) => {
    await backend.faults(BANK_OUT_OF_SIGHT);
    await person.submit("Log in", JARED);
    const jobId = planned(system, person);
    const hasWaited = system.recorder.fromNow();
    // The job may change a few times before the bank is all that it waits for.
    do {
      await person.reload();
      const [, version] = /changes\?version=(\d+)/.exec(person.page.html) ?? [];
      await person.send("GET", `/connect/jobs/${jobId}/changes?version=${version}`);
    } while (!hasWaited().calls.some(rowCall("page/connect-changes", "DeleteItem", "pk", "waiter#")));
    await backend.faults([]);
    await person.untilHeading(/code/);
    await person.submit("Send the answer", { "OTP Password": "1234" });
    await person.untilHeading(/is connected$/);
    return [jobId];
  }),
  journey(
    "two tabs of a person race with a login, and one loses the claim",
    HOOLI,
    async (system, person) => {
      const form = person.form("Log in");
      const send = () => person.post(form.action, filledIn(form, GAVIN));
      const held = system.recorder.hold(rowCall("page/connect-page", "PutItem", "pk", "claim#"));
      const losing = send();
      await held.arrived;
      await person.open((await send()).headers.get("location") ?? "");
      held.release();
      expect((await losing).headers.get("location")).toBe(person.page.path);
      const jobId = planned(system, person);
      await person.untilHeading(/is connected$/);
      return [jobId];
    },
  ),
  journey("a person cancels a question on the page", AVIATO, async (system, person, backend) => {
    await person.submit("Log in", GAVIN);
    const jobId = planned(system, person);
    await system.asked(backend, jobId);
    await person.untilHeading(/Approve/);
    await person.submit("Cancel");
    expect(person.page.heading).toBe("Aviato Mutual is not connected");
    return [jobId];
  }),
  journey(
    "a person tries again on the page when the bank is back",
    HOOLI,
    async (system, person, backend) => {
      const jobId = await queued(system, person, backend);
      await person.submit("Try again now");
      await system.execution(jobId, 2).ended();
      await person.untilHeading(/is connected$/);
      return [jobId];
    },
  ),
  journey("a person cancels on the page while the bank is down", HOOLI, async (system, person, backend) => {
    const jobId = await queued(system, person, backend);
    await person.submit("Cancel");
    expect(person.page.heading).toBe("Hooli Bank is not connected");
    return [jobId];
  }),
];
