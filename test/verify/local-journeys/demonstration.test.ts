import { expect, test } from "vitest";
import { demonstrate } from "../../../infra/local/demonstration.ts";
import { greeting, walkThrough } from "../../../infra/local/walk-through.ts";
import { API_KEY, localSystem } from "../../journeys/start-for-tests.ts";

const system = localSystem(10);

async function demonstrated(apiKey: string): Promise<string[]> {
  const lines: string[] = [];
  await demonstrate({ apiUrl: system().apiUrl, apiKey, print: (line) => lines.push(line) });
  return lines;
}

test("The demonstration connects a bank, and prints each change of a step once", async () => {
  const lines = await demonstrated(API_KEY);
  expect(lines.at(-2)).toMatch(/^The job can be read at http:\/\/127\.0\.0\.1:\d+\/jobs\/[0-9a-f-]{36}$/);
  const link = /^A person connects a bank at (http:\/\/127\.0\.0\.1:\d+\/c\/[\w-]{22})$/.exec(
    lines.at(-1) ?? "",
  )?.[1];
  expect(await (await fetch(link ?? "")).text()).toContain("Connect your bank");
  const changes = lines.slice(1, -2).map((line) => line.replace(/^ +\d+\.\d s {2}/, ""));
  expect(new Set(changes).size).toBe(changes.length);
  const ends = [
    "login posted, job accepted",
    "answered for the user: 1234",
    "mfa-challenge          success",
    "retrieve-transactions  success",
    "the bank is connected",
  ];
  expect(changes.filter((change) => ends.includes(change))).toEqual(ends);
});

test("A demonstration that the API refuses says so in one line, without the key", async () => {
  expect((await demonstrated("wrong-key")).slice(1)).toEqual([
    "The demonstration stopped: Unable to authenticate. Please, check your API key",
  ]);
});

test("The greeting names the addresses; what to try next is one command, or a page if only the Consent UI connects", () => {
  const started = { apiUrl: "http://127.0.0.1:3100", sandboxUrl: undefined, apiKey: "a key" };
  expect(greeting(started)).toBe("API:      http://127.0.0.1:3100\nAPI key:  a key\n\n");
  const direct = walkThrough({ ...started, connect: "direct" });
  expect(direct).toContain("\n  PORT=3100 LOCAL_API_KEY='a key' npm run connect\n");
  expect(direct).toContain("The login goes to your aggregator.");
  expect(walkThrough({ ...started, connect: "consent-ui" })).toMatch(
    /Consent UI.+docs\/local\.md.+docs\/api\.md/s,
  );
});
