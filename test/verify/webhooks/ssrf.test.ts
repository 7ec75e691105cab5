import { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { renderErrors } from "../../../functions/http/errors.ts";
import { Refusal } from "../../../functions/jobs/domain/refusal.ts";
import type { Outcome } from "../../../functions/webhooks/domain/message.ts";
import { type ReceiverRules, requireReceiver } from "../../../functions/webhooks/sending/receiver-url.ts";
import { httpsSender } from "../../../functions/webhooks/sending/send.ts";
import { fakeClock } from "../../support/fake-clock.ts";
import { mulberry32 } from "../../support/seeded-ids.ts";
import {
  IPV4_NOTATIONS,
  IPV6_NOTATIONS,
  NOT_PUBLIC_IPV4,
  NOT_PUBLIC_IPV6,
  PRIZES,
  PUBLIC,
  partsOf,
} from "./not-public.ts";
import { deliveryTo, startReceiver } from "./receiver.ts";

const RULES: ReceiverRules = { ownHosts: ["api.jobs.example", "bücher.example"] };
const REFUSED: Outcome = { kind: "none", why: "refused-address" };
const NOT_REACHED: Outcome = { kind: "none", why: "not-reached" };

/** A sender whose connections fail, and which counts them and its lookups. `answers` gives the addresses of each lookup. */
function watchedSender(answers: () => readonly string[], rules = RULES) {
  const seen = { connections: [] as string[], lookups: 0 };
  const sender = httpsSender({
    rules,
    clock: fakeClock(),
    async resolve() {
      seen.lookups += 1;
      return answers();
    },
    connect({ address }) {
      seen.connections.push(address);
      return new Socket().destroy(new Error("Nobody is there."));
    },
  });
  return { seen, send: (url: string) => sender.send(deliveryTo(url)) };
}

/** Returns why a URL is refused, and checks that the refusal does not repeat the URL. `undefined` if it is allowed. */
function reasonAgainst(url: string, rules = RULES): string | undefined {
  try {
    requireReceiver(url, rules);
    return undefined;
  } catch (error) {
    if (!(error instanceof Refusal)) throw error;
    const { status, body } = renderErrors("c-1", [error.problems[0]]);
    expect([status, body.data[0]?.code]).toEqual([400, "invalid-content"]);
    if (url !== "") expect(JSON.stringify(body)).not.toContain(url);
    return error.problems[0].reason;
  }
}

/** Returns the URLs that the rules allow, or to which the sender connects, or for which it looks up a name. */
async function allowedOf(urls: readonly string[], rules = RULES): Promise<string[]> {
  const allowed: string[] = [];
  for (const url of urls) {
    const { seen, send } = watchedSender(() => ["8.8.8.8"], rules);
    const outcome = await send(url);
    const isUntouched = seen.connections.length === 0 && seen.lookups === 0;
    const isRefused = outcome.kind === "none" && outcome.why === "refused-address";
    if (!isUntouched || !isRefused || reasonAgainst(url, rules) === undefined) allowed.push(url);
  }
  return allowed;
}

const ADDRESSES = [...NOT_PUBLIC_IPV4.flat(), ...PRIZES, ...NOT_PUBLIC_IPV6];

describe("an address that is not public", () => {
  const NOTATIONS = Object.entries({ ...IPV4_NOTATIONS, ...IPV6_NOTATIONS });

  test.each(NOTATIONS)("is refused as a host in this notation: %s", async (_, hostFor) => {
    const urls = [...NOT_PUBLIC_IPV4.flat(), ...PRIZES].map((ip) => `https://${hostFor(partsOf(ip))}/hook`);
    expect(await allowedOf(urls)).toEqual([]);
  });

  test("is refused as a host in the notation of IPv6", async () => {
    const hosts = NOT_PUBLIC_IPV6.flatMap((ip) => [`[${ip}]`, `[${ip.toUpperCase()}]`, `[${ip}].`]);
    expect(await allowedOf(hosts.map((host) => `https://${host}`))).toEqual([]);
  });

  test("is refused as the only answer for a name, and as one of several", async () => {
    const wrong: unknown[] = [];
    for (const ip of ADDRESSES) {
      for (const answer of [
        [ip],
        ["8.8.8.8", ip],
        [ip, "8.8.8.8"],
        ["2606:4700:4700::1111", "1.1.1.1", ip],
      ]) {
        const { seen, send } = watchedSender(() => answer);
        const outcome = await send("https://hooks.example/a");
        if (outcome.kind !== "none" || outcome.why !== "refused-address") wrong.push([answer, outcome]);
        if (seen.connections.length > 0 || seen.lookups !== 1) wrong.push([answer, seen]);
      }
    }
    expect(wrong).toEqual([]);
  });

  test("is refused when the resolver writes it in another way", async () => {
    for (const answer of ["0x7f.0.0.1", "2130706433", "127.1", "::ffff:7f00:1", "[::1]", "localhost", ""]) {
      const { seen, send } = watchedSender(() => [answer]);
      expect([await send("https://hooks.example"), seen.connections]).toEqual([REFUSED, []]);
    }
  });
});

describe("a public address", () => {
  test.each(Object.entries(IPV4_NOTATIONS))("is reached in this notation: %s", async (_, hostFor) => {
    const { seen, send } = watchedSender(() => []);
    expect(await send(`https://${hostFor([8, 8, 4, 4])}`)).toEqual(NOT_REACHED);
    expect(seen).toEqual({ connections: ["8.8.4.4"], lookups: 0 });
  });

  test("is reached as a host, and as the answer for a name", async () => {
    for (const ip of PUBLIC) {
      const { seen, send } = watchedSender(() => [ip]);
      await send(`https://${ip.includes(":") ? `[${ip}]` : ip}`);
      await send("https://hooks.example");
      expect(seen).toEqual({ connections: [ip, ip], lookups: 1 });
    }
  });

  test("of IPv4 is preferred, and only one address is tried", async () => {
    const { seen, send } = watchedSender(() => ["2606:4700:4700::1111", "1.1.1.1", "8.8.8.8"]);
    expect(await send("https://hooks.example")).toEqual(NOT_REACHED);
    expect(seen).toEqual({ connections: ["1.1.1.1"], lookups: 1 });
  });
});

const NOT_ALLOWED: { readonly [reason: string]: readonly string[] } = {
  "receiver-not-valid": [
    "",
    "hooks.example",
    "/hook",
    "//hooks.example",
    "https://",
    "https://:443",
    "https:// hooks.example",
    " https://hooks.example",
    "https://hooks.example\n",
    "https://hooks.exa\tmple",
    "https://hooks.example/\r\nx-more: 1",
    "https://hooks.example\u0000",
    "https://hooks.example\\@127.0.0.1",
    "https:\\\\hooks.example",
    "https://hooks\u00ad.example",
    "https://hooks\u202e.example",
    "https://hooks.example:65536",
    "https://hooks.example:x",
    "https://[::1",
    "https://[::1%25lo]",
    "https://[fe80::1%eth0]",
    "https://[v1.x]",
    "https://256.256.256.256",
    "https://127.0.0.1.1",
    "https://0x100000000",
    "https://1.2.3.08",
    "https://a%2fb.example",
    "https://a%00.example",
    `https://hooks.example/${"a".repeat(2048)}`,
    // Longer than allowed only once it is written in ASCII.
    `https://hooks.example/${"é".repeat(1000)}`,
  ],
  "receiver-not-https": [
    "http://hooks.example",
    "HTTP://hooks.example",
    "http://hooks.example:443",
    "http://127.0.0.1",
    "http://localhost:9001",
    "ftp://hooks.example",
    "file:///etc/passwd",
    "file://hooks.example/a",
    "gopher://hooks.example",
    "javascript:alert(1)",
    "data:text/plain,a",
    "blob:https://hooks.example/a",
    "ws://hooks.example",
    "wss://hooks.example",
    "unix:/run/a.sock",
    "dict://hooks.example",
    "https+unix://hooks.example",
  ],
  "receiver-not-on-443": [
    "https://hooks.example:80",
    "https://hooks.example:8443",
    "https://hooks.example:0",
    "https://hooks.example:444",
    "https://hooks.example:65535",
    "https://127.0.0.1:9001/2018-06-01/runtime/invocation/next",
    "https://[::1]:22",
  ],
  "receiver-with-login": [
    "https://user@hooks.example",
    "https://user:password@hooks.example",
    "https://:password@hooks.example",
    "https://127.0.0.1@hooks.example",
    "https://hooks.example@127.0.0.1",
    "https://hooks.example:443@127.0.0.1",
    "https://hooks.example%40127.0.0.1@10.0.0.1",
    "https://a@b@hooks.example",
  ],
  "receiver-is-own-host": [
    "https://api.jobs.example",
    "https://API.Jobs.Example/notifications/webhooks",
    "https://api.jobs.example:443/",
    "https://api.jobs.example./",
    "https://api.jobs.example../",
    "https://%61pi.jobs.example",
    "https://ａｐｉ.jobs.example",
    "https://api。jobs。example",
    "https://api．jobs｡example",
    "https://ⓐⓟⓘ.jobs.example",
    "https://𝐚𝐩𝐢.jobs.example",
    "https://api.jobſ.example",
    "https://bücher.example",
    "https://BÜCHER.example",
    "https://bu\u0308cher.example",
    "https://xn--bcher-kva.example",
    "https://XN--BCHER-KVA.example.",
  ],
  "receiver-not-public": [
    "https://localhost",
    "https://LOCALHOST.",
    "https://ｌocalhost",
    "https://a.localhost",
    "https://metadata",
    "https://metadata.google.internal",
    "https://ip-10-0-0-1.ec2.internal.",
    "https://printer.local",
    "https://router.home.arpa",
    "https://@127.0.0.1",
    "https:127.0.0.1",
    "https:/127.0.0.1",
    "https:////127.0.0.1",
    "https://127.0.0.1?@hooks.example",
    "https://127.0.0.1#@hooks.example",
    "https://①②⑦.⓪.⓪.①",
    "https://017700000001",
    "https://0",
    "https://127.1",
    "https://127.0x1",
    "https://[::]",
    "https://[::1]",
    "https://[0:0:0:0:0:0:0:1]",
  ],
};

describe("a URL", () => {
  test.each(Object.entries(NOT_ALLOWED))("is refused before any lookup: %s", async (reason, urls) => {
    expect(urls.map((url) => [url, reasonAgainst(url)])).toEqual(urls.map((url) => [url, reason]));
    expect(await allowedOf(urls)).toEqual([]);
  });

  test("that only looks like our own host is another name, with addresses of its own", async () => {
    const { seen, send } = watchedSender(() => ["127.0.0.1"]);
    // The first has a Cyrillic letter.
    for (const host of ["\u0430pi.jobs.example", "api.jobs.example.attacker.example", "xapi.jobs.example"]) {
      expect(await send(`https://${host}`)).toEqual(REFUSED);
    }
    expect(seen).toEqual({ connections: [], lookups: 3 });
  });

  test("is returned as it is sent to, without its fragment", () => {
    const { href } = requireReceiver("HTTPS://Hooks.Example:443/a/../b?c=é#d", RULES);
    expect(href).toBe("https://hooks.example/b?c=%C3%A9");
  });
});

test("there are more than 200 vectors", () => {
  const notations = [IPV4_NOTATIONS, IPV6_NOTATIONS].flatMap(Object.keys).length;
  const literals = (NOT_PUBLIC_IPV4.flat().length + PRIZES.length) * notations;
  expect(literals + Object.values(NOT_ALLOWED).flat().length).toBeGreaterThan(200);
});

describe("in local mode", () => {
  const LOCAL: ReceiverRules = { ownHosts: ["127.0.0.1:3000"], allowsLoopback: true };

  test("receivers on the loopback are reached, by http and on any port", async () => {
    const { seen, send } = watchedSender(() => ["::1", "127.0.0.1"], LOCAL);
    for (const host of ["127.0.0.1:4000", "127.9.9.9:4000", "[::1]:4000", "localhost:4000", "localhost"]) {
      await send(`http://${host}/hook`);
      await send(`https://${host}/hook`);
    }
    expect(seen.connections.map((address) => address.replace(/^127.*/, "127"))).toEqual(
      ["127", "127", "::1", "127", "127"].flatMap((address) => [address, address]),
    );
  });

  test("other receivers follow the same rules as in a deployment", async () => {
    const ips = [...NOT_PUBLIC_IPV4.flat(), ...PRIZES].filter((ip) => !ip.startsWith("127."));
    const hosts = [
      ...ips,
      "hooks.example",
      "8.8.8.8",
      "[::ffff:127.0.0.1]",
      "a.localhost",
      "metadata",
      "[::]",
    ];
    expect(
      await allowedOf(
        hosts.map((host) => `http://${host}:4000`),
        LOCAL,
      ),
    ).toEqual([]);
    expect(
      await allowedOf(
        hosts.map((host) => `https://${host}:4000`),
        LOCAL,
      ),
    ).toEqual([]);
    expect(
      await allowedOf(
        ips.map((ip) => `https://${ip}`),
        LOCAL,
      ),
    ).toEqual([]);
    const odd = [
      "ftp://127.0.0.1:4000",
      "http://user:password@localhost:4000",
      "https://user@127.0.0.1:4000",
    ];
    expect(await allowedOf(odd, LOCAL)).toEqual([]);
  });

  test("a public name with an address on the loopback is refused, and localhost with any other address", async () => {
    const wrong = [
      ["https://hooks.example", ["127.0.0.1"]],
      ["https://hooks.example", ["8.8.8.8", "::1"]],
      ["http://localhost:4000", ["127.0.0.1", "10.0.0.1"]],
      ["http://localhost:4000", ["8.8.8.8"]],
    ] as const;
    for (const [url, answer] of wrong) {
      const { seen, send } = watchedSender(() => answer, LOCAL);
      expect([await send(url), seen.connections]).toEqual([REFUSED, []]);
    }
  });

  test("our own address is refused in each spelling of the loopback", async () => {
    const hosts = ["127.0.0.1:3000", "localhost:3000", "[::1]:3000", "127.1:3000", "127.0.0.2:3000"];
    expect(hosts.map((host) => reasonAgainst(`http://${host}`, LOCAL))).toEqual(
      hosts.map(() => "receiver-is-own-host"),
    );
  });
});

describe("rebinding", () => {
  const SEED = 20_261_129;
  const PLANS = 50;
  const PUBLIC_POOL = ["8.8.8.8", "1.1.1.1", "93.184.215.14", "2606:4700:4700::1111", "2001:4860:4860::8888"];

  /** The answers of a resolver that an attacker owns, one for each lookup. The first is public. */
  function planOf(random: () => number): string[][] {
    const pick = (pool: readonly string[]) => pool[Math.floor(random() * pool.length)] ?? "8.8.8.8";
    const kinds: readonly ((turn: number) => string[])[] = [
      () => [pick(ADDRESSES)],
      (turn) => (turn % 2 === 0 ? [pick(PUBLIC_POOL)] : [pick(ADDRESSES)]),
      () => [pick(PUBLIC_POOL), pick(ADDRESSES)].toSorted(() => random() - 0.5),
      () => ["2606:4700:4700::1111", pick(["127.0.0.1", "10.0.0.1"])],
      () => ["8.8.8.8", pick(["::1", "::ffff:127.0.0.1", "fd00:ec2::254"])],
      () => [pick(random() < 0.5 ? PUBLIC_POOL : ADDRESSES)],
    ];
    const kind = kinds[Math.floor(random() * kinds.length)] ?? (() => []);
    return [[pick(PUBLIC_POOL)], ...Array.from({ length: 9 }, (_, turn) => kind(turn + 1))];
  }

  const random = mulberry32(SEED);
  const plans = Array.from({ length: PLANS }, () => planOf(random));

  test(`of ${PLANS} plans (seed ${SEED}) reaches no address that is not public, with one lookup for each attempt`, async () => {
    let reached = 0;
    for (const plan of plans) {
      const left = [...plan];
      const { seen, send } = watchedSender(() => left.shift() ?? ["127.0.0.1"]);
      for (const [turn, answer] of plan.entries()) {
        const before = seen.connections.length;
        const isPublic = answer.every((address) => PUBLIC_POOL.includes(address));
        expect(await send("https://hooks.example")).toEqual(isPublic ? NOT_REACHED : REFUSED);
        const made = seen.connections.slice(before);
        expect(made).toHaveLength(isPublic ? 1 : 0);
        expect(answer).toEqual(expect.arrayContaining(made));
        expect(seen.lookups).toBe(turn + 1);
      }
      expect(seen.connections.filter((address) => !PUBLIC_POOL.includes(address))).toEqual([]);
      reached += seen.connections.length;
    }
    // The plans would prove nothing if all their answers were refused.
    expect(reached).toBeGreaterThan(PLANS);
  });

  test("without seams, a name of this machine is refused, and nothing arrives", async () => {
    const prize = await startReceiver((response) => response.end());
    const sender = httpsSender({ rules: RULES, clock: fakeClock() });
    for (const host of ["127.0.0.1", "localhost", "[::1]"]) {
      for (const scheme of ["http", "https"]) {
        expect(await sender.send(deliveryTo(`${scheme}://${host}:${prize.port}`))).toEqual(REFUSED);
      }
    }
    expect(prize.connections()).toBe(0);
  });
});
