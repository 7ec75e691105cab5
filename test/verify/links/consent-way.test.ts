import { expect, test } from "vitest";
import { list, page } from "../../journeys/calls.ts";
import { ALL_DONE, MobileBackend, statuses } from "../../journeys/mobile-backend.ts";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { deployedTarget, type Target, targetOf } from "../../journeys/target.ts";
import { Person } from "../support/person.ts";
import { newLink, newUser } from "./links.ts";

/* Runs against local mode, and on the emulator against a deployment whose aggregator is the deployed sandbox. */

function reachable(): () => Target {
  const deployed = deployedTarget();
  if (deployed !== undefined) return () => deployed;
  const system = localSystem(10, () => ({ settings: { upstreamVersion: "3.0" } }));
  return () => targetOf(system());
}

const target = reachable();

test("a person opens a link, agrees in the Consent UI, logs in and answers, and comes back to a job of ours that succeeds", async () => {
  const backend = new MobileBackend(target(), await newUser(new MobileBackend(target())));
  const { links } = await newLink(backend, backend.userId);
  const person = new Person(target().apiUrl);
  await person.open(links.public);
  await person.submit("Continue");
  expect(person.page.heading).toBe("Share your data");
  expect(new URL(person.page.url).origin).toBe(new URL(target().sandboxUrl).origin);
  await person.submit("I agree");
  await person.press("Pied Piper Bank");
  await person.submit("Continue", { Login: "jared", Password: "django" });
  const looks = async () => (await person.reload()).heading;
  await expect.poll(looks).toBe("Pied Piper Bank asks");
  await person.submit("Continue", { "OTP Password": "1234" });
  await expect.poll(looks).toBe("Pied Piper Bank is connected");
  expect(page(await list(backend)).data).toEqual([]);
  await person.press("Finish");
  const [job, ...more] = page(await list(backend)).data;
  expect([new URL(person.page.url).pathname, more]).toEqual([`/connect/jobs/${job?.id}`, []]);
  expect(statuses((await backend.untilOver(job?.id ?? "")).steps)).toEqual(ALL_DONE);
  await expect.poll(looks).toBe("Pied Piper Bank is connected");
  // Our page shows the jobs of the Consent UI, and takes no login.
  for (const path of ["/connect", "/connect/login"]) {
    await person.open(path);
    expect(person.page.heading).toBe("You cannot log in here");
  }
});
