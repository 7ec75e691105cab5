import fc from "fast-check";
import { Webhook } from "standardwebhooks";
import { describe, expect, test, vi } from "vitest";
import { type SignedMessage, verifyWebhook, WebhookVerificationError } from "../../../../client/client.ts";

const NOW = new Date("2026-11-29T05:50:00Z");
const SECRETS: readonly [string, string] = [
  "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
  "whsec_AAECAwQFBgcICQoLDA0ODw==",
];
const [SECRET, OTHER_SECRET] = SECRETS;

type Verdict = "accepted" | "refused";

/** What the library of the standard says. */
function theirs({ payload, headers, secret }: SignedMessage): Verdict {
  vi.useFakeTimers({ now: NOW, toFake: ["Date"] });
  try {
    const body = typeof payload === "string" ? payload : Buffer.from(payload);
    const given = Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
    for (const one of [secret].flat()) {
      try {
        new Webhook(one).verify(body, given);
        return "accepted";
      } catch {
        // Another secret may fit.
      }
    }
    return "refused";
  } finally {
    vi.useRealTimers();
  }
}

async function ours(message: SignedMessage): Promise<Verdict> {
  try {
    await verifyWebhook({ ...message, now: NOW });
    return "accepted";
  } catch (error) {
    if (!(error instanceof WebhookVerificationError)) throw error;
    return "refused";
  }
}

/** A message as the library of the standard signs it. */
function signed(payload: string, { secret = SECRET, id = "msg_1", at = NOW } = {}) {
  const headers = {
    "webhook-id": id,
    "webhook-timestamp": String(Math.floor(at.getTime() / 1000)),
    "webhook-signature": new Webhook(secret).sign(id, at, payload),
  };
  return { payload, headers, secret: SECRET };
}

const json = fc.json();
const seconds = fc.oneof(fc.integer({ min: -400, max: 400 }), fc.constantFrom(-301, -300, 300, 301));
const after = (by: number) => new Date(NOW.getTime() + by * 1000);

/** Changes one character. */
const tampered = (text: string) =>
  fc
    .tuple(fc.nat({ max: Math.max(0, text.length - 1) }), fc.string({ minLength: 1, maxLength: 1 }))
    .map(([at, character]) => text.slice(0, at) + character + text.slice(at + 1));

const sameVerdict = async (message: SignedMessage) => {
  const verdict = theirs(message);
  expect(await ours(message)).toBe(verdict);
  return verdict;
};

describe("verifyWebhook and the library of the standard give the same verdict for", () => {
  test("messages that are signed right, at any time", () =>
    fc.assert(
      fc.asyncProperty(json, fc.stringMatching(/^[\w.]{1,20}$/), seconds, async (payload, id, by) => {
        const verdict = await sameVerdict(signed(payload, { id, at: after(by) }));
        expect(verdict).toBe(Math.abs(by) <= 300 ? "accepted" : "refused");
      }),
    ));

  test("a changed payload", () =>
    fc.assert(
      fc.asyncProperty(
        json.chain((text) => fc.tuple(fc.constant(text), tampered(text))),
        ([text, other]) => sameVerdict({ ...signed(text), payload: other }).then(() => undefined),
      ),
    ));

  test.each(["webhook-id", "webhook-timestamp", "webhook-signature"] as const)(
    "a changed, empty or missing %s",
    (name) => {
      const message = signed('{"a":1}');
      const changed = fc.oneof(
        tampered(message.headers[name]),
        fc.string(),
        fc.constantFrom(" ", "NaN", "v1", "v1,", "v1a,x", "1e3", message.headers[name]),
      );
      return fc.assert(
        fc.asyncProperty(fc.option(changed), async (value) => {
          const { [name]: _, ...others } = message.headers;
          const headers = value === null ? others : { ...others, [name]: value };
          await sameVerdict({ ...message, headers });
        }),
      );
    },
  );

  test("several signatures with several prefixes, in any order", () => {
    const payload = '{"a":1}';
    const right = signed(payload).headers["webhook-signature"];
    const other = signed(payload, { secret: OTHER_SECRET }).headers["webhook-signature"];
    const one = fc.constantFrom(
      right,
      other,
      right.replace("v1,", "v1a,"),
      right.replace("v1,", ""),
      `${right},x`,
      "",
    );
    return fc.assert(
      fc.asyncProperty(fc.array(one, { minLength: 1, maxLength: 4 }), async (signatures) => {
        const message = signed(payload);
        const headers = { ...message.headers, "webhook-signature": signatures.join(" ") };
        await sameVerdict({ ...message, headers });
      }),
    );
  });

  test("bytes, also if they are no UTF-8", () =>
    fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1 }), async (bytes) => {
        await sameVerdict({ ...signed(Buffer.from(bytes).toString()), payload: bytes });
      }),
    ));

  test("headers in any case, with the secret with or without its prefix", async () => {
    const { headers, ...message } = signed("{}");
    const shouted = Object.fromEntries(
      Object.entries(headers).map(([name, value]) => [name.toUpperCase(), value]),
    );
    expect(await sameVerdict({ ...message, headers: shouted })).toBe("accepted");
    expect(await sameVerdict({ ...message, headers, secret: SECRET.slice(6) })).toBe("accepted");
  });
});

test("any of several secrets may fit, while a secret is replaced", async () => {
  const message = signed("{}", { secret: OTHER_SECRET });
  expect(await ours(message)).toBe("refused");
  expect(await ours({ ...message, secret: SECRETS })).toBe("accepted");
});

test("the headers of fetch are taken, and another tolerance", async () => {
  const { headers, ...message } = signed('{"eventId":"1"}', { at: after(-400) });
  const asOfFetch = { ...message, headers: new Headers(headers), now: NOW };
  await expect(verifyWebhook(asOfFetch)).rejects.toThrow("The time differs too much from the clock.");
  expect(await verifyWebhook({ ...asOfFetch, toleranceSeconds: 400 })).toEqual({ eventId: "1" });
});

test("an empty body, which the library of the standard accepts, is refused: no message of the API has one", async () => {
  expect(theirs(signed(""))).toBe("accepted");
  expect(await ours(signed(""))).toBe("refused");
});

test.each(["whsec_", "whsec_%%", ""])(
  "the secret %j is an error of the program, and not repeated",
  async (secret) => {
    await expect(verifyWebhook({ ...signed("{}"), secret, now: NOW })).rejects.toThrow(
      new TypeError("The secret must be whsec_ and Base64."),
    );
  },
);
