import type { Socket } from "node:net";
import { setImmediate as nextTurn } from "node:timers/promises";
import { describe, expect, onTestFinished, test, vi } from "vitest";
import { openConnection } from "../../../functions/webhooks/sending/send.ts";
import { newEndpointSecret } from "../../../functions/webhooks/sending/sign.ts";
import { START } from "../../support/fake-clock.ts";
import { deliveryTo, senderToLoopback, startReceiver } from "./receiver.ts";

test("a new secret has the published form, with 32 bytes", () => {
  const [prefix, bytes = ""] = newEndpointSecret().reveal().split("_");
  expect([prefix, Buffer.from(bytes, "base64").byteLength]).toEqual(["whsec", 32]);
});

test("a message without a secret is not sent", async () => {
  const receiver = await startReceiver((response) => response.end());
  const outcome = await senderToLoopback().send(deliveryTo(receiver.url, { secrets: [] }));
  expect(outcome).toEqual({ kind: "none", why: "not-reached" });
  expect(receiver.connections()).toBe(0);
});

test("each attempt has a connection of its own", async () => {
  const receiver = await startReceiver((response) => response.end());
  const sender = senderToLoopback();
  for (const _ of [1, 2]) await sender.send(deliveryTo(receiver.url));
  expect(receiver.connections()).toBe(2);
});

test.each([
  ["120", 120],
  [new Date(Date.parse(START) + 90_000).toUTCString(), 90],
  [new Date(Date.parse(START) - 90_000).toUTCString(), 0],
  ["-5", undefined],
  ["1e3", undefined],
  ["2026-01-05", undefined],
])("Retry-After: %s is read as %s seconds", async (value, retryAfterSeconds) => {
  const receiver = await startReceiver((response) => response.writeHead(503, { "retry-after": value }).end());
  const outcome = await senderToLoopback().send(deliveryTo(receiver.url));
  expect(outcome).toEqual({ kind: "reply", status: 503, response: "", retryAfterSeconds });
});

describe("of the body of a reply", () => {
  test.each([
    ["256 bytes are kept", "x".repeat(10_000), "x".repeat(256)],
    ["no half of a character is kept", `${"x".repeat(255)}é`, "x".repeat(255)],
    ["control characters become spaces", "a\u001b[31m\r\nb\u202ec\u2028d", "a [31m  b c d"],
    ["bytes that are no UTF-8 become spaces", Buffer.from([0x61, 0xff, 0x62]), "a b"],
  ])("%s", async (_, body, kept) => {
    const receiver = await startReceiver((response) => response.end(body));
    expect(await senderToLoopback().send(deliveryTo(receiver.url))).toMatchObject({ response: kept });
  });

  test("no more is read than is kept: the connection ends while the receiver goes on", async () => {
    const ended = Promise.withResolvers<void>();
    const receiver = await startReceiver((response) => {
      response.on("close", ended.resolve).on("error", () => undefined);
      const writeOn = () => {
        while (!response.destroyed && response.write("x".repeat(1000)));
      };
      response.on("drain", writeOn);
      writeOn();
    });
    const sender = senderToLoopback({ replyWithinMs: 3600_000 });
    expect(await sender.send(deliveryTo(receiver.url))).toMatchObject({ status: 200 });
    await ended.promise;
  });

  test("the part before a broken connection is kept, and the status counts", async () => {
    const receiver = await startReceiver((response) => {
      response.writeHead(200, { "content-length": 100 });
      response.write("begun", () => response.destroy());
    });
    const outcome = await senderToLoopback().send(deliveryTo(receiver.url));
    expect(outcome).toMatchObject({ kind: "reply", status: 200, response: "begun" });
  });

  test("the part before the end of the time is kept, and the status counts", async () => {
    vi.useFakeTimers({ toFake: ["setTimeout", "clearTimeout"] });
    onTestFinished(() => void vi.useRealTimers());
    const receiver = await startReceiver((response) => void response.write("begun"));
    const sockets: Socket[] = [];
    const sender = senderToLoopback({
      connect(target) {
        const socket = openConnection(target);
        sockets.push(socket);
        return socket;
      },
    });
    const sent = sender.send(deliveryTo(receiver.url));
    while ((sockets[0]?.bytesRead ?? 0) === 0) await nextTurn();
    for (const _ of Array(10)) await nextTurn();
    vi.advanceTimersByTime(15_000);
    expect(await sent).toMatchObject({ kind: "reply", status: 200, response: "begun" });
    expect(sockets.map(({ destroyed }) => destroyed)).toEqual([true]);
  });
});

describe("no reply:", () => {
  test("a receiver that changes the protocol has not replied", async () => {
    const receiver = await startReceiver((response) => {
      response.socket?.end("HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: x\r\n\r\n");
    });
    expect(await senderToLoopback().send(deliveryTo(receiver.url))).toEqual({
      kind: "none",
      why: "not-reached",
    });
  });

  test("a receiver that sends the head of its reply bit by bit is left when the time is over", async () => {
    const ended = Promise.withResolvers<void>();
    const receiver = await startReceiver((response) => {
      response.socket?.write("HTTP/1.1 200 OK\r\n");
      const timer = setInterval(() => response.socket?.write("x-more: 1\r\n"), 10);
      response.on("close", () => {
        clearInterval(timer);
        ended.resolve();
      });
    });
    const outcome = await senderToLoopback({ replyWithinMs: 300 }).send(deliveryTo(receiver.url));
    expect(outcome).toEqual({ kind: "none", why: "timeout" });
    if (receiver.requests.length > 0) await ended.promise;
  });

  test("a resolver that does not answer is left when the time is over", async () => {
    const resolve = () => new Promise<never>(() => undefined);
    const outcome = await senderToLoopback({ resolve, replyWithinMs: 20 }).send(
      deliveryTo("https://a.example"),
    );
    expect(outcome).toEqual({ kind: "none", why: "timeout" });
  });

  test.each([
    ["fails", () => Promise.reject(new Error("ENOTFOUND"))],
    ["has no address", () => Promise.resolve([])],
  ])("a name whose lookup %s is not reached", async (_, resolve) => {
    const outcome = await senderToLoopback({ resolve }).send(deliveryTo("https://a.example"));
    expect(outcome).toEqual({ kind: "none", why: "not-reached" });
  });

  test("a receiver that does not listen is not reached", async () => {
    const receiver = await startReceiver((response) => response.end());
    await receiver.close();
    const outcome = await senderToLoopback().send(deliveryTo(receiver.url));
    expect(outcome).toEqual({ kind: "none", why: "not-reached" });
  });

  test("a receiver that closes the connection, or does not speak HTTP, is not reached", async () => {
    for (const reply of ["", "220 smtp.example ESMTP\r\n"]) {
      const receiver = await startReceiver((response) => void response.socket?.end(reply));
      const outcome = await senderToLoopback().send(deliveryTo(receiver.url));
      expect(outcome).toEqual({ kind: "none", why: "not-reached" });
    }
  });
});
