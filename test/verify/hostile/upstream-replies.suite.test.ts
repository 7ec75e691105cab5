import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { rawUpstream } from "../../support/basiq-replies.ts";
import { wrongEnd } from "./judge-upstream.ts";
import { sharedProperties, touchedSince } from "./prototypes.ts";
import { GOOD_TOKEN, UPSTREAM_CALLS, type UpstreamCall } from "./upstream-calls.ts";
import { watchedOutput } from "./watched-output.ts";
import { wrongFields } from "./wrong-fields.ts";
import { SLOW_REPLIES } from "./wrong-http.ts";
import { ELSEWHERE, WRONG_REPLIES } from "./wrong-replies.ts";
import type { Wrong } from "./wrong-reply.ts";

const MARK = `Mk${randomBytes(6).toString("hex")}`;
/** Of a list, the fields of its first entry are enough: they are read as those of what is asked for alone. */
const MOST_FIELDS_OF_LISTS = 12;
/** To these upstream did nothing. */
const DID_NOTHING = /^a (401|403|429) /;

let output: ReturnType<typeof watchedOutput>;
let kinds = 0;
const tally = { answered: 0, refused: 0, unavailable: 0 };
const shared = sharedProperties();
beforeEach(() => {
  output = watchedOutput(MARK);
});
afterEach(() => output.end());
/** What is posted is waited for for 30 s: it is begun before all others, and ends behind them. */
let slow: Promise<string[]> = Promise.resolve([]);
beforeAll(() => {
  process.env["LOG_LEVEL"] = "debug";
  slow = meetSlowly();
});
afterAll(() => {
  process.stdout.write(`${kinds} wrong replies of upstream: ${JSON.stringify(tally)}\n`);
});

interface Ended {
  wrong: string | undefined;
  lines: string[];
  tokens: number;
}

async function meet(
  { call }: UpstreamCall,
  answer: (response: ServerResponse) => void,
  token?: Wrong,
): Promise<Ended> {
  const trade = token && ((response: ServerResponse) => token.play(response, GOOD_TOKEN, MARK));
  const client = await rawUpstream(answer, trade);
  const ended = await call(client).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in ended) tally.answered += 1;
  else if (ended.error instanceof Error && ended.error.name === "UpstreamRefused") tally.refused += 1;
  else tally.unavailable += 1;
  kinds += 1;
  const lines = client.lines();
  await client.close();
  return { wrong: wrongEnd(ended, MARK), lines, tokens: client.calls.length - lines.length };
}

/** What a kind of wrong does to a call that it should not. */
async function judge(name: string, asked: UpstreamCall, wrong: Wrong): Promise<string[]> {
  const ended = await meet(asked, (response) => wrong.play(response, asked.good, MARK));
  const mayRepeat = !asked.isPost || DID_NOTHING.test(wrong.name);
  const found = [
    ended.wrong,
    ended.lines.length > (mayRepeat ? 2 : 1) && `It was called ${ended.lines.length} times.`,
    ended.tokens > 2 && `${ended.tokens} tokens were asked for.`,
    ended.lines.some((line) => line.includes(ELSEWHERE)) && "A redirect was followed.",
  ];
  return found.filter((each) => typeof each === "string").map((each) => `${name}, ${wrong.name}: ${each}`);
}

async function meetSlowly(): Promise<string[]> {
  const calls = ["a job", "a new connection"].flatMap((name) => {
    const asked = UPSTREAM_CALLS[name];
    return asked === undefined ? [] : SLOW_REPLIES.map((wrong) => judge(name, asked, wrong));
  });
  return (await Promise.all(calls)).flat();
}

function kindsFor({ good }: UpstreamCall): Wrong[] {
  const fields = wrongFields(good);
  return [...WRONG_REPLIES, ...("data" in good ? fields.slice(0, 27 * MOST_FIELDS_OF_LISTS) : fields)];
}

test.each(Object.entries(UPSTREAM_CALLS))(
  "%s: every wrong reply ends in a clear error, or in what is harmless",
  async (name, asked) => {
    const wrongs: string[] = [];
    for (const wrong of kindsFor(asked)) wrongs.push(...(await judge(name, asked, wrong)));
    expect(wrongs).toEqual([]);
    expect(output.marked).toEqual([]);
  },
  120_000,
);

test("a token of any kind ends in a clear error, and nothing is asked more than twice", async () => {
  const asked = UPSTREAM_CALLS["a new connection"];
  if (asked === undefined) throw new Error("There is no such call.");
  const wrongs: string[] = [];
  for (const wrong of [...WRONG_REPLIES, ...wrongFields(GOOD_TOKEN)]) {
    const {
      wrong: found,
      lines,
      tokens,
    } = await meet(asked, (response) => response.end(JSON.stringify(asked.good)), wrong);
    if (found !== undefined || lines.length > 1 || tokens > 2)
      wrongs.push(`${wrong.name}: ${found} ${lines} ${tokens}`);
  }
  expect(wrongs).toEqual([]);
  expect(output.marked).toEqual([]);
}, 120_000);

test("a reply that is slow, or has no end, is given up", async () => {
  expect(await slow).toEqual([]);
  expect(output.marked).toEqual([]);
}, 90_000);

test("nothing that all objects share is touched, and the kinds are many", () => {
  expect(touchedSince(shared)).toEqual([]);
  expect(WRONG_REPLIES.length).toBeGreaterThan(200);
  output.end();
});
