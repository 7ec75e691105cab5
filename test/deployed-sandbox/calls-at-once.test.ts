import {
  ConditionalCheckFailedException,
  PutItemCommand,
  type PutItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import { connected, connectionPath } from "../sandbox/connected.ts";
import { jared, openDeployedSandbox, stepMs } from "../sandbox/open-sandbox.ts";
import { connectionListShape, jobListShape } from "../sandbox/reply-shapes.ts";
import { loseReplies } from "../support/local-aws.ts";
import { beforeWriting, onceOnly } from "./writes.ts";

type Bank = Awaited<ReturnType<typeof openDeployedSandbox>>;

const times = <Result>(count: number, call: (n: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, n) => call(n)));
const kindsOf = async (bank: Bank) => (await bank.rows()).map(({ sk }) => String(sk).split("#")[0]);
const jobsOf = async (bank: Bank) =>
  (await bank.expectReply(jobListShape, 200, "GET", "/users/user-1/jobs")).data;
const askedIn = async (bank: Bank) => {
  const steps = (await jobsOf(bank)).map((job) => job.steps.find((step) => step.title === "mfa-challenge"));
  return steps.filter((step) => step?.status !== "skipped").length;
};

describe("calls at once", () => {
  test("are all in the ledger, each once", async () => {
    const bank = await openDeployedSandbox();
    await times(30, (n) => bank.send("GET", `/jobs/${n}`));
    const paths = (await bank.ledger()).slice(1).map((call) => call.path);
    expect(paths.toSorted()).toEqual(Array.from({ length: 30 }, (_, n) => `/jobs/${n}`).toSorted());
  });

  test("that connect one user lose nothing, and leave nothing that belongs to no reply", async () => {
    const bank = await openDeployedSandbox();
    const ids = await times(8, () => bank.create("AU00003", jared));
    bank.pass(stepMs);
    expect((await jobsOf(bank)).map((job) => job.id).toSorted()).toEqual(ids.toSorted());
    expect(await askedIn(bank)).toBe(4);
    const list = await bank.expectReply(connectionListShape, 200, "GET", "/users/user-1/connections");
    expect(list.data).toHaveLength(8);
  });

  test("that refresh one connection count each login once", async () => {
    const bank = await openDeployedSandbox();
    const connection = await connected(bank, "AU00003", jared);
    await times(7, () => bank.send("POST", `${connectionPath(connection)}/refresh`));
    bank.pass(stepMs);
    expect(await askedIn(bank)).toBe(4);
    expect(await jobsOf(bank)).toHaveLength(8);
  });

  test("that meet a fault use it as often as it says", async () => {
    const bank = await openDeployedSandbox();
    await bank.control("PUT", "/faults", [
      { method: "GET", path: "/institutions", times: 3, do: { status: 503 } },
    ]);
    const replies = await times(9, () => bank.send("GET", "/institutions"));
    expect(replies.map(({ status }) => status).toSorted()).toEqual([
      ...Array(6).fill(200),
      ...Array(3).fill(503),
    ]);
  });

  test("that answer one challenge are one answer", async () => {
    const bank = await openDeployedSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    const replies = await times(5, () => bank.answer(id, ["1234"]));
    expect(replies.map(({ status }) => status)).toEqual(Array(5).fill(202));
    bank.pass(stepMs);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("success");
  });
});

describe("a call that another one was faster than", () => {
  test("does its work again on what that one left", async () => {
    const bank = await openDeployedSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    beforeWriting(
      bank.client,
      "job",
      onceOnly(() => bank.answer(id, ["1234"])),
    );
    expect((await bank.answer(id, ["4321"])).status).toBe(202);
    bank.pass(stepMs);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("success");
    const answers = (await bank.ledger()).filter(
      (call) => call.method === "POST" && call.path.endsWith("/mfa"),
    );
    expect(answers).toHaveLength(2);
  });

  test("leaves none of the rows that it made in vain", async () => {
    const bank = await openDeployedSandbox();
    beforeWriting(
      bank.client,
      "login",
      onceOnly(() => bank.create("AU00003", jared)),
    );
    await bank.create("AU00003", jared);
    const kinds = await kindsOf(bank);
    for (const kind of ["job", "owner", "connection"]) {
      expect(kinds.filter((one) => one === kind)).toHaveLength(2);
    }
  });
});

test("a write whose reply was lost is recognised, and its call not done twice", async () => {
  const bank = await openDeployedSandbox();
  const losses = { replies: 1 };
  loseReplies(bank.client, losses);
  const loseFive = onceOnly(() => Object.assign(losses, { replies: 5 }));
  beforeWriting(bank.client, "login", loseFive);
  const first = await bank.create("AU00003", jared);
  expect(losses.replies).toBe(0);
  bank.pass(stepMs);
  expect((await jobsOf(bank)).map((job) => job.id)).toEqual([first]);
  expect((await bank.step(first, "mfa-challenge"))?.status).toBe("in-progress");
});

test("a first write that lands late does not undo what was built on its repeat", async () => {
  const bank = await openDeployedSandbox();
  const writes: PutItemCommandInput[] = [];
  beforeWriting(bank.client, "job", (write) => writes.push(write));
  const id = await bank.createAndVerify("AU00002", jared);
  await bank.answer(id, ["1234"]);
  const [first, second] = writes.map((write) => new PutItemCommand(write));
  for (const late of [first, second]) {
    if (late === undefined) throw new Error("There were not two writes.");
    await expect(bank.client.send(late)).rejects.toThrow(ConditionalCheckFailedException);
  }
});
