import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { KMSClient } from "@aws-sdk/client-kms";
import { SFNClient } from "@aws-sdk/client-sfn";
import { expect, test } from "vitest";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { sfnWaker } from "../../../functions/jobs/store/executions.ts";
import { dynamoVault, kmsSealer } from "../../../functions/jobs/store/vault.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { plainCanary, textCanary } from "./canary.ts";
import { errorSink, scannerFor } from "./scanner.ts";

const password = textCanary("password");
const taskToken = plainCanary("task token");
const scanner = scannerFor([password, taskToken]);

/** No server listens there. */
const options = () => ({
  endpoint: "http://127.0.0.1:1",
  region: "us-east-1",
  credentials: { accessKeyId: "local", secretAccessKey: "local" },
  maxAttempts: 1,
});

test("an error after AWS cannot be reached has no secret", async () => {
  const sealer = kmsSealer(new KMSClient(options()), "key");
  const ref = { jobId: "job", userId: "user", purpose: "login" } as const;
  const client = new DynamoDBClient(options());
  const sealed = { seal: async () => Buffer.from("sealed"), unseal: async () => new Secret(password.text) };
  const vault = dynamoVault({ client, tableName: "Secrets", sealer: sealed, clock: fakeClock() });
  const calls = [
    sealer.seal(ref, new Secret(password.text)),
    vault.store(ref, new Secret(password.text), new Date()),
    vault.reveal(ref),
    sfnWaker(new SFNClient(options())).wake(new Secret(taskToken.text), 1),
  ];
  const errors = (await Promise.allSettled(calls)).map((ended) => "reason" in ended && ended.reason);
  expect(errors).toEqual(calls.map(() => expect.any(Error)));
  expect(errors.flatMap((error) => scanner.scan(errorSink("error", error)))).toEqual([]);
});
