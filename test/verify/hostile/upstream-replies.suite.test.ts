import { randomBytes } from "node:crypto";
import type { ServerResponse } from "node:http";
import { inspect } from "node:util";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { UpstreamRefused, UpstreamUnavailable } from "../../../functions/jobs/domain/errors.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { connection, link, mfa, rawUpstream, reply } from "../../support/basiq-replies.ts";
import { gavin, UPSTREAM_JOB_ID, USER_ID } from "../../support/job-examples.ts";
import { isNightly, partOf } from "../support/nightly.ts";
import { SEED } from "./attack.ts";
import { sharedProperties, touchedSince, watchedOutput } from "./watched-process.ts";
import {
  DID_NOTHING,
  ELSEWHERE,
  SLOW_REPLIES,
  WRONG_REPLIES,
  type Wrong,
  wrongFields,
} from "./wrong-replies.ts";

const MARK = `Mk${randomBytes(6).toString("hex")}`;
/** Of a list, the fields of the first entry are enough: they are read like those of a single reply. */
const MOST_FIELDS_OF_LISTS = 12;
/** The longest text that is taken from upstream. */
const LONGEST_TEXT = 2_000;
/** Of a job with its challenge. */
const MOST_BYTES = 25_000;
const TIMEOUT_MS = 600_000;

const GOOD_TOKEN = { access_token: "token", token_type: "Bearer", expires_in: 3600 };
const accepted = {
  type: "job",
  id: UPSTREAM_JOB_ID,
  links: { self: `https://upstream.example/jobs/${UPSTREAM_JOB_ID}` },
};
const verified = reply(
  { status: "success", result: link },
  {
    institution: { type: "institution", id: "AU00000" },
    links: { self: "https://upstream.example/jobs/61723", source: `https://upstream.example${connection}` },
  },
);
const failure = { code: "a-code", title: "A title", detail: "Some words" };
const steps = [
  ...verified.steps,
  { title: "mfa-challenge", status: "in-progress", result: mfa },
  { title: "retrieve-accounts", status: "failed", result: failure },
];
const job = { ...verified, steps };
const active = { type: "connection", id: "8fce3b", status: "active", institution: { id: "AU00000" } };
const institution = {
  type: "institution",
  id: "AU00000",
  authorization: "user-mfa",
  status: "operational",
  securityCodeCaption: "Code",
  secondaryLoginIdCaption: "Number",
};

type Upstream = Awaited<ReturnType<typeof rawUpstream>>["upstream"];

interface Call {
  name: string;
  good: object;
  isPost: boolean;
  call(upstream: Upstream): Promise<unknown>;
}

const get = (name: string, good: object, call: Call["call"]): Call => ({ name, good, isPost: false, call });
const post = (name: string, call: Call["call"]): Call => ({ name, good: accepted, isPost: true, call });
const aJob = get("a job", job, (upstream) => upstream.job(UPSTREAM_JOB_ID));
const aLogin = post("a new connection", (upstream) => upstream.openConnection(USER_ID, "AU00000", gavin));

/** Every call of upstream, except for a token, which is fetched before each. */
const CALLS: readonly Call[] = [
  get("an institution", institution, (upstream) => upstream.institution("AU00000")),
  get("a connection", active, (upstream) => upstream.connection(USER_ID, "8fce3b")),
  get("all connections", { data: [active] }, (upstream) => upstream.connectionsOf(USER_ID)),
  aJob,
  get("all jobs", { data: [job] }, (upstream) => upstream.jobsOf(USER_ID, "8fce3b")),
  aLogin,
  post("an update", (upstream) => upstream.updateConnection(USER_ID, "8fce3b", gavin)),
  post("a refresh", (upstream) => upstream.refreshConnection(USER_ID, "8fce3b")),
  post("an answer", (upstream) => upstream.answer(USER_ID, UPSTREAM_JOB_ID, [new Secret("1234")])),
];

/** Without `NIGHTLY=1`, a fifth of the wrong replies to a call. */
function chosen(asked: string, all: readonly Wrong[]): readonly Wrong[] {
  return partOf(all, { parts: isNightly ? 1 : 5, seed: `${SEED} ${asked}`, nameOf: ({ name }) => name });
}

type Ended = { value: unknown } | { error: unknown };

/** What is wrong with the end of a call; undefined when it ended well, or in a clear error without an echo. */
function wrongEnd(ended: Ended): string | undefined {
  if ("value" in ended) {
    const { length } = Buffer.from(JSON.stringify(ended.value) ?? "");
    if (length > MOST_BYTES * (Array.isArray(ended.value) ? 10 : 1)) return `It is ${length} long.`;
    return wrongTexts(textsIn(ended.value));
  }
  const { error } = ended;
  if (error instanceof UpstreamRefused) {
    const { code, title, detail } = error.problem;
    const isEchoed = `${error.message}${error.stack}${error.cause}`.includes(MARK);
    return wrongTexts([code, title, detail]) ?? (isEchoed ? "Its message repeats the reply." : undefined);
  }
  if (!(error instanceof UpstreamUnavailable)) return `It is no error of upstream's: ${inspect(error)}`;
  const all = inspect(error, { depth: 10, showHidden: true, maxStringLength: null });
  return all.includes(MARK) ? `It repeats the reply: ${all}` : undefined;
}

function wrongTexts(texts: readonly string[]): string | undefined {
  if (texts.some(({ length }) => length > LONGEST_TEXT)) return "A text is too long.";
  return texts.every((text) => text.isWellFormed()) ? undefined : "A text is not well-formed.";
}

/** All texts of a value. A link has to be a path of our own. */
function textsIn(value: unknown): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([name, each]) => {
    const isLink = name === "url" && typeof each === "string";
    if (isLink && !/^\/(?![/\\])\S*$/.test(each)) throw new Error(`A link leads elsewhere: ${each}`);
    return textsIn(each);
  });
}

let output: ReturnType<typeof watchedOutput>;
let kinds = 0;
const tally = { answered: 0, refused: 0, unavailable: 0 };
const shared = sharedProperties();
/** These wait for the deadline of 30 s: they begin before all others. */
let slow: Promise<string[]> = Promise.resolve([]);
beforeAll(() => {
  process.env["LOG_LEVEL"] = "debug";
  const slowly = [aJob, aLogin].flatMap((asked) => SLOW_REPLIES.map((wrong) => judge(asked, wrong)));
  slow = Promise.all(slowly).then((found) => found.flat());
});
beforeEach(() => {
  output = watchedOutput(MARK);
});
afterEach(() => {
  output.end();
  expect(output.marked).toEqual([]);
});
afterAll(() => {
  process.stdout.write(
    `HOSTILE_SEED=${SEED}: ${kinds} wrong replies of upstream: ${JSON.stringify(tally)}\n`,
  );
});

async function meet({ call }: Call, answer: (response: ServerResponse) => void, token?: Wrong) {
  const trade = token && ((response: ServerResponse) => token.play(response, GOOD_TOKEN, MARK));
  const client = await rawUpstream(answer, trade);
  const ended: Ended = await call(client.upstream).then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );
  if ("value" in ended) tally.answered += 1;
  else if (ended.error instanceof UpstreamRefused) tally.refused += 1;
  else tally.unavailable += 1;
  kinds += 1;
  const lines = client.lines();
  await client.close();
  return { wrong: wrongEnd(ended), lines, tokens: client.calls.length - lines.length };
}

/** What a wrong reply does to a call that it should not do. */
async function judge(asked: Call, wrong: Wrong): Promise<string[]> {
  const ended = await meet(asked, (response) => wrong.play(response, asked.good, MARK));
  const mayRepeat = !asked.isPost || DID_NOTHING.test(wrong.name);
  const found = [
    ended.wrong,
    ended.lines.length > (mayRepeat ? 2 : 1) && `It was called ${ended.lines.length} times.`,
    ended.tokens > 2 && `${ended.tokens} tokens were requested.`,
    ended.lines.some((line) => line.includes(ELSEWHERE)) && "A redirect was followed.",
  ];
  const told = found.filter((each) => typeof each === "string");
  return told.map((each) => `${asked.name}, ${wrong.name}: ${each}`);
}

test.each(CALLS)(
  "a wrong reply to the call for $name ends in a clear error or harmless data",
  async (asked) => {
    const fields = wrongFields(asked.good);
    const few = "data" in asked.good ? fields.slice(0, 27 * MOST_FIELDS_OF_LISTS) : fields;
    const wrongs: string[] = [];
    for (const wrong of chosen(asked.name, [...WRONG_REPLIES, ...few]))
      wrongs.push(...(await judge(asked, wrong)));
    expect(wrongs).toEqual([]);
  },
  TIMEOUT_MS,
);

test(
  "a wrong token reply ends in a clear error, after two requests for a token at most",
  async () => {
    const wrongs: string[] = [];
    for (const token of chosen("a token", [...WRONG_REPLIES, ...wrongFields(GOOD_TOKEN)])) {
      const good = (response: ServerResponse) => void response.end(JSON.stringify(aLogin.good));
      const { wrong, lines, tokens } = await meet(aLogin, good, token);
      if (wrong !== undefined || lines.length > 1 || tokens > 2)
        wrongs.push(`${token.name}: ${wrong} ${lines} ${tokens}`);
    }
    expect(wrongs).toEqual([]);
  },
  TIMEOUT_MS,
);

test("a call ends when the reply is slow or endless", async () => {
  expect(await slow).toEqual([]);
});

test("no wrong reply changes an object that all code shares", () => {
  expect(touchedSince(shared)).toEqual([]);
  expect(WRONG_REPLIES.length).toBeGreaterThan(200);
});
