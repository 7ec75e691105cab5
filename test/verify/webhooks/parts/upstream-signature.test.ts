import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { Secret } from "../../../../functions/jobs/domain/secret.ts";
import { signatureCheck } from "../../../../functions/webhooks/upstream/signature.ts";
import {
  receiveNotification,
  type SignedMessage,
} from "../../../../functions/webhooks/use-cases/receive-notification.ts";
import { fakeClock } from "../../../support/fake-clock.ts";

const secretOf = (letter: string) => `whsec_${letter.repeat(43)}=`;
const MINUTE = 60_000;

function signed(secret: string, { ageMs = 0, id = "msg-1", body = '{"eventId":"e1"}' } = {}): SignedMessage {
  const at = new Date(Date.now() - ageMs);
  const signature = new Webhook(secret).sign(id, at, body);
  return { id, timestamp: String(Math.floor(at.getTime() / 1000)), signature, body };
}

const check = signatureCheck({ secret: async () => new Secret(secretOf("A")), clock: fakeClock() });

test("a message that the aggregator signed is genuine, also with a further signature", async () => {
  const message = signed(secretOf("A"));
  expect(await check(message)).toBe(true);
  expect(await check({ ...message, signature: `v1,AAAA ${message.signature}` })).toBe(true);
});

test.each([
  ["another secret signed", signed(secretOf("B"))],
  ["was changed", { ...signed(secretOf("A")), body: '{"eventId":"e2"}' }],
  ["has the id of another", { ...signed(secretOf("A")), id: "msg-2" }],
  ["has no signature", { ...signed(secretOf("A")), signature: "" }],
  ["has a signature of another version only", { ...signed(secretOf("A")), signature: "v2,AAAA" }],
  ["has no time", { ...signed(secretOf("A")), timestamp: "" }],
])("a message that %s is not genuine", async (_, message) => {
  expect(await check(message)).toBe(false);
});

test("a message is genuine for 5 minutes, and not if it is from more than 5 minutes ahead", async () => {
  const ages = [4 * MINUTE, 6 * MINUTE, -4 * MINUTE, -6 * MINUTE];
  const genuine = ages.map((ageMs) => check(signed(secretOf("A"), { ageMs })));
  expect(await Promise.all(genuine)).toEqual([true, false, true, false]);
});

test("a new secret takes effect within 5 seconds, and messages that nobody signed do not make us read it more often", async () => {
  const clock = fakeClock();
  let current = secretOf("A");
  let reads = 0;
  const checking = signatureCheck({
    clock,
    secret: async () => {
      reads++;
      return new Secret(current);
    },
  });
  expect(await checking(signed(secretOf("A")))).toBe(true);
  current = secretOf("B");
  expect(await checking(signed(secretOf("B")))).toBe(false);
  clock.pass(5_000);
  expect(await checking(signed(secretOf("B")))).toBe(true);
  for (let times = 0; times < 20; times++) expect(await checking(signed(secretOf("C")))).toBe(false);
  expect(reads).toBe(2);
});

test("a secret that cannot be read fails the check, and is read again at the next message", async () => {
  let fails = true;
  const checking = signatureCheck({
    clock: fakeClock(),
    secret: () => (fails ? Promise.reject(new Error("down")) : Promise.resolve(new Secret(secretOf("A")))),
  });
  await expect(checking(signed(secretOf("A")))).rejects.toThrow("down");
  fails = false;
  expect(await checking(signed(secretOf("A")))).toBe(true);
});

test("only a genuine message with an id that can be a key is noted, by the id of its event alone", async () => {
  const noted: unknown[] = [];
  const deps = (isGenuine: boolean, eventId: string | undefined = "e1") => ({
    messages: { add: async (message: unknown) => noted.push(message) > 0 },
    isGenuine: async () => isGenuine,
    eventIdIn: () => eventId,
  });
  const message = signed(secretOf("A"));
  expect(await receiveNotification(deps(false), message)).toBe(false);
  expect(await receiveNotification(deps(true), { ...message, id: "a/b" })).toBe(false);
  expect(await receiveNotification(deps(true), { ...message, id: "" })).toBe(false);
  expect(noted).toEqual([]);
  expect(await receiveNotification(deps(true), message)).toBe(true);
  const namesNone = { ...deps(true), eventIdIn: () => undefined };
  expect(await receiveNotification(namesNone, { ...message, id: "msg-2" })).toBe(true);
  expect(noted).toEqual([{ id: "msg-1", eventId: "e1" }]);
});
