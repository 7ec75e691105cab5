import {
  ConditionalCheckFailedException,
  type DynamoDBClient,
  PutItemCommand,
  type PutItemCommandInput,
} from "@aws-sdk/client-dynamodb";
import { describe, expect, test } from "vitest";
import {
  connected,
  connectionsPath,
  createBody,
  jared,
  openDeployedSandbox,
  stepMs,
} from "../../sandbox/open-sandbox.ts";
import { stubShape } from "../../sandbox/reply-shapes.ts";
import { loseReplies } from "../../support/local-aws.ts";

type Bank = Awaited<ReturnType<typeof openDeployedSandbox>>;

const times = <Result>(count: number, call: (n: number) => Promise<Result>) =>
  Promise.all(Array.from({ length: count }, (_, n) => call(n)));

async function challengesIn(bank: Bank): Promise<number> {
  const steps = (await bank.jobsOf()).flatMap((job) => job.steps);
  return steps.filter(({ title, status }) => title === "mfa-challenge" && status !== "skipped").length;
}

/** Calls `act` before each write of a row of this kind. */
function beforeWriting(client: DynamoDBClient, kind: string, act: (write: PutItemCommandInput) => unknown) {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { input } = args;
        if (commandName === PutItemCommand.name && "Item" in input && !("Key" in input)) {
          if (input.Item?.["sk"]?.S?.startsWith(`${kind}#`)) await act(input);
        }
        return next(args);
      },
    { step: "initialize" },
  );
}

function onceOnly(act: () => unknown): () => unknown {
  let isDone = false;
  return () => {
    if (isDone) return undefined;
    isDone = true;
    return act();
  };
}

/** Each job is over at once, so that no call gets an earlier one. */
const openFast = () => openDeployedSandbox({ timeScale: 1e12 });

describe("calls at once", () => {
  test("are in the ledger, each once", async () => {
    const bank = await openDeployedSandbox();
    await times(30, (n) => bank.send("GET", `/jobs/${n}`));
    const paths = (await bank.ledger()).slice(1).map((call) => call.path);
    expect(paths.toSorted()).toEqual(Array.from({ length: 30 }, (_, n) => `/jobs/${n}`).toSorted());
  });

  test("that connect one user lose nothing, and leave nothing that no reply shows", async () => {
    const bank = await openFast();
    const ids = await times(8, () => bank.create("AU00003", jared));
    expect((await bank.jobsOf()).map((job) => job.id).toSorted()).toEqual(ids.toSorted());
    expect(await challengesIn(bank)).toBe(4);
    const listed = (await bank.connectionsOf()).map(({ id }) => id);
    const named = await Promise.all(ids.map((id) => bank.connectionOf(id)));
    expect(new Set(named)).toEqual(new Set(listed));
  });

  test("that connect one user while its job lasts all name a job that exists, and no other exists", async () => {
    const bank = await openDeployedSandbox();
    const replies = await times(8, () => bank.send("POST", connectionsPath(), { body: createBody }));
    const named = replies.map(({ text }) => stubShape.parse(JSON.parse(text)).id);
    expect(new Set((await bank.jobsOf()).map(({ id }) => id))).toEqual(new Set(named));
    expect(replies.filter(({ status }) => status === 202)).toHaveLength(new Set(named).size);
  });

  test("that refresh one connection count each login once", async () => {
    const bank = await openFast();
    const connection = await connected(bank, "AU00003", jared);
    await times(7, () => bank.refresh(connection));
    expect(await challengesIn(bank)).toBe(4);
    expect(await bank.jobsOf()).toHaveLength(8);
  });

  test("that give the first consent of a user, in forms and with logins, give one consent", async () => {
    const bank = await openFast();
    const token = await bank.newToken({ scope: "CLIENT_ACCESS", userId: "user-1" }, "3.0");
    const body = new URLSearchParams({ token, step: "consent" });
    const form = () => fetch(`${bank.url}/home`, { method: "POST", body, redirect: "manual" });
    const replies = await Promise.all([times(5, form), times(5, () => bank.create("AU00000", jared))]);
    expect(replies[0].map(({ status }) => status)).toEqual(Array(5).fill(303));
    const consents = (await bank.rows()).filter(({ sk }) => String(sk).startsWith("consent#"));
    expect(consents.map(({ value }) => value.status)).toEqual(["active"]);
  });

  test("use a fault as often as it says", async () => {
    const bank = await openDeployedSandbox();
    await bank.fault("GET", "/institutions", 3, { status: 503 });
    const replies = await times(9, () => bank.send("GET", "/institutions"));
    expect(replies.filter(({ status }) => status === 503)).toHaveLength(3);
    expect(replies.filter(({ status }) => status === 200)).toHaveLength(6);
  });

  test("that answer one challenge are all accepted, as one answer", async () => {
    const bank = await openDeployedSandbox();
    const id = await bank.createAndVerify("AU00002", jared);
    const replies = await times(5, () => bank.answer(id, ["1234"]));
    expect(replies.map(({ status }) => status)).toEqual(Array(5).fill(202));
    bank.pass(stepMs);
    expect((await bank.step(id, "mfa-challenge"))?.status).toBe("success");
  });
});

describe("a call that loses a race", () => {
  test("is done again on the new state, and is in the ledger once", async () => {
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
    expect((await bank.ledger()).filter((call) => call.path.endsWith("/mfa"))).toHaveLength(2);
  });

  test("leaves none of its first rows", async () => {
    const bank = await openDeployedSandbox();
    beforeWriting(
      bank.client,
      "login",
      onceOnly(() => bank.create("AU00003", jared)),
    );
    const reply = await bank.send("POST", connectionsPath(), {
      body: { ...jared, institution: { id: "AU00003" } },
    });
    expect(reply.status).toBe(200);
    const kinds = (await bank.rows()).map(({ sk }) => String(sk).split("#")[0]);
    for (const kind of ["job", "owner", "connection"]) {
      expect(kinds.filter((each) => each === kind)).toHaveLength(1);
    }
  });
});

test("a write whose reply was lost is recognized, and its call is not done twice", async () => {
  const bank = await openDeployedSandbox();
  const losses = { replies: 1 };
  loseReplies(bank.client, losses);
  beforeWriting(
    bank.client,
    "login",
    onceOnly(() => Object.assign(losses, { replies: 5 })),
  );
  const first = await bank.create("AU00003", jared);
  expect(losses.replies).toBe(0);
  bank.pass(stepMs);
  expect((await bank.jobsOf()).map((job) => job.id)).toEqual([first]);
  expect((await bank.step(first, "mfa-challenge"))?.status).toBe("in-progress");
});

test("a first write that arrives after its repeat does not undo later changes", async () => {
  const bank = await openDeployedSandbox();
  const writes: PutItemCommandInput[] = [];
  beforeWriting(bank.client, "job", (write) => writes.push(write));
  const id = await bank.createAndVerify("AU00002", jared);
  await bank.answer(id, ["1234"]);
  expect(writes).toHaveLength(2);
  for (const late of writes.map((write) => new PutItemCommand(write))) {
    await expect(bank.client.send(late)).rejects.toThrow(ConditionalCheckFailedException);
  }
});
