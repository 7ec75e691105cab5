import { Webhook } from "standardwebhooks";
import { expect, test } from "vitest";
import { newEndpointSecret } from "../../../../functions/webhooks/sending/sign.ts";
import { deliveryTo, senderToLoopback, startReceiver } from "../receiver.ts";

test("a message arrives as signed JSON, and each of its secrets verifies it", async () => {
  const receiver = await startReceiver((response) => response.end());
  const secrets = [newEndpointSecret(), newEndpointSecret()];
  const body = '{"name":"Zoë"}';
  const outcome = await senderToLoopback().send(deliveryTo(`${receiver.url}?a=1#b`, { secrets, body }));
  expect(outcome).toMatchObject({ kind: "reply", status: 200 });

  const [request] = receiver.requests;
  if (request === undefined) throw new Error("No request arrived.");
  expect(request).toMatchObject({ path: "/hook?a=1", body });
  expect(request.headers).toMatchObject({
    host: `127.0.0.1:${receiver.port}`,
    "content-type": "application/json",
    "content-length": String(Buffer.byteLength(body)),
    "user-agent": "connection-jobs",
    "webhook-id": "message-1",
  });
  const signed = Object.fromEntries(
    Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
  );
  for (const secret of secrets) {
    expect(() => new Webhook(secret.reveal()).verify(request.body, signed)).not.toThrow();
  }
  const stranger = new Webhook(newEndpointSecret().reveal());
  expect(() => stranger.verify(request.body, signed)).toThrow("No matching signature");
});

test.each([200, 302, 410, 503])(
  "the status %d is the outcome, and no redirect is followed",
  async (status) => {
    const receiver = await startReceiver((response) =>
      response.writeHead(status, { location: "/elsewhere" }).end(),
    );
    expect(await senderToLoopback().send(deliveryTo(receiver.url))).toMatchObject({ kind: "reply", status });
    expect(receiver.requests.map(({ path }) => path)).toEqual(["/hook"]);
  },
);
