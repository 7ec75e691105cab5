import { describe, expect, test } from "vitest";
import {
  type ConnectionTarget,
  httpsSender,
  openConnection,
} from "../../../functions/webhooks/sending/send.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { certificateFor } from "./certificate.ts";
import { deliveryTo, type Receiver, startReceiver } from "./receiver.ts";

const HOST = "hooks.example";
const PUBLIC = "93.184.215.14";

/** Sends to the public address of a name, where a receiver on the loopback answers instead. */
async function sendTo(receiver: Receiver, url: string, ca: string | undefined, address = PUBLIC) {
  const targets: ConnectionTarget[] = [];
  const sender = httpsSender({
    rules: { ownHosts: ["api.example"] },
    clock: fakeClock(),
    resolve: async () => [address],
    connect(target) {
      targets.push(target);
      return openConnection({ ...target, address: "127.0.0.1", port: receiver.port }, ca);
    },
  });
  return { outcome: await sender.send(deliveryTo(url)), targets };
}

describe("a receiver by https", () => {
  test("is reached by its checked address, and named by its host", async () => {
    const certificate = certificateFor(HOST);
    const receiver = await startReceiver((response) => response.end("taken"), certificate);
    const { outcome, targets } = await sendTo(receiver, `https://${HOST}/hook`, certificate.cert);
    expect(outcome).toMatchObject({ kind: "reply", status: 200, response: "taken" });
    expect(targets).toEqual([{ address: PUBLIC, port: 443, host: HOST, isTls: true }]);
    expect(receiver.requests.map(({ headers }) => headers.host)).toEqual([HOST]);
  });

  test.each([
    ["for another name", "other.example", HOST, true],
    ["for another name than the address in the URL", HOST, PUBLIC, true],
    ["that no authority has signed", HOST, HOST, false],
  ])("with a certificate %s gets no request", async (_, named, host, isTrusted) => {
    const certificate = certificateFor(named);
    const receiver = await startReceiver((response) => response.end(), certificate);
    const { outcome } = await sendTo(receiver, `https://${host}`, isTrusted ? certificate.cert : undefined);
    expect(outcome).toEqual({ kind: "none", why: "not-reached" });
    expect(receiver.connections()).toBe(1);
    expect(receiver.requests).toEqual([]);
  });

  test.each([301, 302, 303, 307, 308])(
    "that redirects with %d to the loopback causes no connection there",
    async (status) => {
      const prize = await startReceiver((response) => response.end());
      const certificate = certificateFor(HOST);
      const receiver = await startReceiver(
        (response) => response.writeHead(status, { location: prize.url }).end(),
        certificate,
      );
      const { outcome, targets } = await sendTo(receiver, `https://${HOST}/hook`, certificate.cert);
      expect(outcome).toMatchObject({ kind: "reply", status });
      expect(targets).toHaveLength(1);
      expect(prize.connections()).toBe(0);
    },
  );
});
