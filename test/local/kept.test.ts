import { randomUUID } from "node:crypto";
import { expect, test } from "vitest";
import { HOOLI, LOGINS, PIED_PIPER } from "../journeys/logins.ts";
import { MobileBackend } from "../journeys/mobile-backend.ts";
import { posting } from "../journeys/posting.ts";
import { target } from "../journeys/target.ts";
import { asText, rowsButCounts, rowsOfAll } from "./tables.ts";

const reached = target();
const { backend, post } = posting(reached);

test("what is refused leaves nothing behind", async () => {
  const before = await rowsButCounts();
  const body = (more: object) => JSON.stringify({ ...LOGINS.gavin, institution: { id: HOOLI }, ...more });
  const replies = await Promise.all([
    post("{"),
    post("[]"),
    post(body({}), { type: "text/plain" }),
    post(body({ loginId: 1 })),
    post(body({ password: null })),
    post(body({ institution: { id: "AU99999" } })),
    post(body({}), { token: "no-token" }),
    post(body({}), { userId: "not.valid" }),
    post(body({ padding: "x".repeat(17_000) })),
    backend().trade({}, { authorization: "Basic another-key" }),
    backend().answer(randomUUID(), ["1234"]),
    backend().send("DELETE", "/jobs/a"),
  ]);
  expect(replies.map(({ status }) => Math.floor(status / 100))).toEqual(replies.map(() => 4));
  expect(await rowsButCounts()).toEqual(before);
});

test("a login and an answer are never kept in the clear, and are gone when the job is over", async () => {
  const user = new MobileBackend(reached());
  const login = { loginId: "jared", password: "django", securityCode: `code-${randomUUID()}` };
  const jobId = await user.startJob(PIED_PIPER, login);
  await user.untilAsked(jobId);
  const asked = asText(await rowsOfAll());
  expect(asked).toContain(jobId);
  expect(asText([{ B: new TextEncoder().encode(login.password) }])).toContain(login.password);

  await user.answer(jobId, ["1234"]);
  const answered = asText(await rowsOfAll());
  for (const secret of [login.password, login.securityCode, '["1234"]']) {
    expect(asked).not.toContain(secret);
    expect(answered).not.toContain(secret);
  }

  await user.untilOver(jobId);
  const secretRows = async () => (await rowsOfAll()).filter((row) => "sealed" in row);
  for (let looks = 0; looks < 100 && (await secretRows()).length > 0; looks++) await user.job(jobId);
  expect(await secretRows()).toEqual([]);
});

test("the API key is kept as a hash only", async () => {
  const rows = asText(await rowsOfAll());
  expect(rows).toMatch(/api-key#[0-9a-f]{64}/);
  expect(rows).not.toContain(reached().apiKey);
});
