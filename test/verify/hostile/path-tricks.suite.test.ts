import fc from "fast-check";
import { expect, test } from "vitest";
import { PASSED_ROUTES } from "../../../functions/pass-through/routes.ts";
import { SEED } from "./attack.ts";
import { hostileSystem } from "./hostile-system.ts";
import { isOfRoute, passedRoute, trick } from "./path-tricks.ts";
import { exchange, repliesIn } from "./raw-exchange.ts";

const COUNT = 800;
const MOST_REFUSED = 0.9;
const ANY_ID = "s55bf3";

const system = hostileSystem();

/** A request whose path has a trick in one parameter, in all of them, or behind them. */
const request = fc
  .record({ route: passedRoute, trick, isEscaped: fc.boolean(), place: fc.nat({ max: 3 }) })
  .map(({ route: { method, path }, trick: given, isEscaped, place }) => {
    const text = isEscaped ? encodeURIComponent(given.toWellFormed()) : given;
    let number = 0;
    const filled = path.replaceAll(/\{\w+\}/g, () => {
      number += 1;
      return place === 3 || number === place ? `${place === 3 ? "" : ANY_ID}${text}` : ANY_ID;
    });
    const target = place === 0 ? `${filled}${isEscaped ? "?" : ""}${text}` : filled;
    return { method, target };
  });

/** What would end the request line, or would be no HTTP, is escaped. */
function onTheWire(method: string, target: string): Buffer {
  const safe = target.toWellFormed().replaceAll(/[\s\0]/g, encodeURIComponent);
  const head = ["Host: localhost", "Connection: close", `Authorization: Bearer ${system.token()}`, "", ""];
  return Buffer.concat([
    Buffer.from(`${method} ${safe}`),
    Buffer.from(` HTTP/1.1\r\n${head.join("\r\n")}`, "latin1"),
  ]);
}

function isPassed(received: string): boolean {
  const [method = "", target = ""] = received.split(" ");
  const url = new URL(target, "https://upstream.example");
  const routes = Object.values(PASSED_ROUTES).filter((route) => route.method === method);
  return routes.some(({ path }) => isOfRoute(path, url));
}

test("a path with a trick reaches upstream only as the path of a route, and gets no reply of 500 or above", async () => {
  const received = system.receivedUpstream();
  const wrong: string[] = [];
  for (const { method, target } of fc.sample(request, { numRuns: COUNT, seed: SEED })) {
    const { text } = await exchange(system.apiUrl(), onTheWire(method, target));
    const [reply] = repliesIn(text);
    if (reply === undefined || reply.status >= 500)
      wrong.push(`${reply?.status}: ${JSON.stringify([method, target])}`);
  }
  process.stdout.write(`HOSTILE_SEED=${SEED}: ${received.length} of ${COUNT} paths reached upstream\n`);
  expect(wrong).toEqual([]);
  expect(received.filter((each) => each !== "POST /token" && !isPassed(each))).toEqual([]);
  expect(received.length).toBeGreaterThan(COUNT * (1 - MOST_REFUSED));
});
