import { expect, test } from "vitest";
import { backendOf, GAVIN, loginsSeen, MFA_BANK, PLAIN_BANK, statusesOf, WHISTLER } from "./backend.ts";
import { manyLives } from "./lives.ts";
import { expectNoSecrets } from "./secrets-said.ts";

/** A plain job takes a second and a half, a challenge is open for thirty. */
const TIME_SCALE = 4;

test("jobs go on after a sudden end: one that was followed, and one whose challenge was open", async () => {
  const start = await manyLives(TIME_SCALE);
  const first = await start();
  const backend = await backendOf(first);
  const asked = await backend.connect("user-asked", MFA_BANK, WHISTLER);
  const challenged = await backend.reaches(asked, "mfa-challenge", "in-progress");
  const followed = await backend.connect("user-followed", PLAIN_BANK, GAVIN);
  const begun = await backend.begins(followed);
  await first.end("SIGKILL");
  expect(statusesOf(begun).at(-1)).not.toBe("success");

  const second = await start();
  expect(second.apiUrl).toBe(first.apiUrl);
  const again = await backendOf(second);
  expect(await again.read(asked)).toMatchObject({ id: asked, steps: challenged.steps });
  const done = await again.reaches(followed, "retrieve-transactions", "success");
  expect(statusesOf(done)).toEqual(["success", "success", "success"]);

  expect(await again.answer(asked, WHISTLER.answers)).toBe(202);
  const answered = await again.reaches(asked, "retrieve-transactions", "success");
  expect(statusesOf(answered)).toEqual(["success", "success", "success", "success"]);

  expect(await loginsSeen(second.sandboxUrl, "user-asked")).toBe(1);
  expect(await loginsSeen(second.sandboxUrl, "user-followed")).toBe(1);
  expectNoSecrets(first, WHISTLER, GAVIN);
  expectNoSecrets(second, WHISTLER, GAVIN);
});
