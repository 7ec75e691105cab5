import { join } from "node:path";
import { expect, test } from "vitest";
import { newEndpointSecret } from "../../../functions/webhooks/sending/sign.ts";
import { pythonPackages, runProgram, Unavailable } from "../emulator/programs.ts";
import { deliveryTo, senderToLoopback, startReceiver } from "./receiver.ts";

const REQUIREMENTS = join(import.meta.dirname, "requirements.txt");

const VERIFY = `
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
for secret in given["secrets"]:
    try:
        print(json.dumps(Webhook(secret).verify(given["body"], given["headers"])))
    except WebhookVerificationError as error:
        print(error)
`;

test("the Python library of Standard Webhooks verifies a message by each of its secrets, and by no other", async ({
  skip,
}) => {
  const programs = await pythonPackages(REQUIREMENTS, "standardwebhooks").catch((error: unknown) => {
    if (!(error instanceof Unavailable)) throw error;
    process.stdout.write(`The proof with the Python library was not run. ${error.message}\n`);
    return skip(error.message);
  });
  const receiver = await startReceiver((response) => response.end());
  const secrets = [newEndpointSecret(), newEndpointSecret()];
  await senderToLoopback().send(deliveryTo(receiver.url, { secrets, body: '{"name":"Zoë"}' }));

  const [{ body, headers } = { body: "", headers: {} }] = receiver.requests;
  const tried = [...secrets, newEndpointSecret()].map((secret) => secret.reveal());
  const input = JSON.stringify({ body, headers, secrets: tried });
  const printed = await runProgram(join(programs, "python"), ["-c", VERIFY], { PYTHONUTF8: "1" }, input);
  const verified = String.raw`{"name": "Zo\u00eb"}`;
  expect(printed.trim().split("\n")).toEqual([verified, verified, "No matching signature found"]);
});
