import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { newBrowser } from "../links/browser.ts";
import { newLink, newUser } from "../links/links.ts";
import { functionCounts } from "./counts.ts";
import {
  assumptions,
  type Deployment,
  type PRICE_LINES,
  priceOf,
  sum,
  sumOf,
  totalOf,
  type Usage,
} from "./prices.ts";
import { type CountedSystem, functionFacts } from "./system.ts";
import { type Column, dollars, tableOf } from "./table.ts";

/** What 1,000 links may cost no more, with everything. */
export const MAX_DOLLARS_PER_1000 = 0.016;

/** The functions that serve a whole link. */
const NAMES = ["auth-links", "open-link", "consent-return"] as const;

type Name = (typeof NAMES)[number];

const TITLES: { readonly [name in Name]: string } = {
  "auth-links": "made",
  "open-link": "opened and pressed",
  "consent-return": "back",
};

type UsageByName = { readonly [name in Name]: Usage };

export interface LinkCounts {
  usage: UsageByName;
  deployment: Deployment;
}

/**
 * Counts a link from its creation through the Consent UI to the way back, which is a link's most expensive way. Adopting a job is part of
 * the job.
 */
export async function countLink(system: CountedSystem): Promise<LinkCounts> {
  // What an instance of a function keeps is there from its first request.
  await wholeLink(await newPerson(system));
  const person = await newPerson(system);
  const first = system.watched.length;
  await wholeLink(person);
  const { invocations } = functionCounts(system, first);
  const usageOf = (name: Name) =>
    sumOf(invocations.filter((each) => each.name === name).map(({ usage }) => usage));
  const opened = usageOf("open-link");
  const tokens = functionCounts(system, 0).invocations.filter(({ name }) => name === "issue-token");
  const tokenUsage = tokens.at(-1)?.usage;
  if (tokenUsage === undefined) throw new Error("A company needs a token.");
  return {
    usage: {
      "auth-links": usageOf("auth-links"),
      // Other tokens are shared. That for the Consent UI is of one link.
      "open-link": { ...opened, upstreamCalls: opened.upstreamCalls + 1 },
      "consent-return": usageOf("consent-return"),
    },
    deployment: { functions: Object.fromEntries(functionFacts(system.template)), tokenUsage },
  };
}

/** List prices of 1,000 links, by what they go to. */
function priceOfLinks({ deployment }: LinkCounts, usage: Partial<UsageByName>) {
  return priceOf({ transitions: 0, usage }, deployment);
}

export function dollarsPer1000(counted: LinkCounts): number {
  return totalOf(priceOfLinks(counted, counted.usage));
}

const DATA = ["DynamoDB, writes", "DynamoDB, reads", "KMS"] as const;
const REQUESTS = ["HTTP API", "Lambda, requests", "Lambda, time", "CloudWatch Logs"] as const;

/** The price of 1,000 links, by what they go to and by function. */
export function priceTable(counted: LinkCounts): string {
  const { usage } = counted;
  const parts = NAMES.map((name) =>
    columnOf(`${TITLES[name]}: \`${name}\``, priceOfLinks(counted, { [name]: usage[name] }), []),
  );
  const all = priceOfLinks(counted, usage);
  const shared = "shared by jobs";
  const last: [string, number][] = [
    ["a token, keys and secrets that 100 links share", all[shared]],
    ["**everything**", totalOf(all)],
  ];
  return tableOf([...parts, columnOf("a whole link", all, last)]);
}

function columnOf(title: string, price: ReturnType<typeof priceOfLinks>, last: [string, number][]): Column {
  const linesOf = (group: string, names: readonly (typeof PRICE_LINES)[number][]): [string, number][] => [
    ...names.map((name): [string, number] => [name, price[name]]),
    [`**${group}**`, sum(names.map((name) => price[name]))],
  ];
  const rows = [...linesOf("requests", REQUESTS), ...linesOf("data", DATA), ...last];
  return {
    title,
    cells: new Map(rows.filter(([, value]) => value > 0).map(([name, value]) => [name, dollars(value)])),
  };
}

type Saving = (counted: LinkCounts) => LinkCounts;

const less =
  (changed: (usage: Usage) => Partial<Usage>, names: readonly Name[] = NAMES): Saving =>
  (counted) => {
    const usage = { ...counted.usage };
    for (const name of names) usage[name] = { ...usage[name], ...changed(usage[name]) };
    return { ...counted, usage };
  };

const SMALL_MB = 192;

/** What would cost less, and does harm. */
const SAVINGS: { readonly [what: string]: Saving } = {
  "one key for the ids of many links, which KMS seals once": less(
    ({ awsCalls, kmsSymmetric }) => ({ awsCalls: awsCalls - kmsSymmetric, kmsSymmetric: 0 }),
    ["auth-links"],
  ),
  [`${SMALL_MB} MB for each function`]: (counted) => {
    const { functions } = counted.deployment;
    const smaller = Object.entries(functions).map(([name, facts]) => [
      name,
      { ...facts, memoryMb: SMALL_MB },
    ]);
    return { ...counted, deployment: { ...counted.deployment, functions: Object.fromEntries(smaller) } };
  },
  "the link in the row of its user: a write and a read less": less(
    ({ awsCalls, readUnits, writeUnits }) => ({
      awsCalls: awsCalls - 2,
      readUnits: readUnits - 1,
      writeUnits: writeUnits - 1,
    }),
    ["auth-links"],
  ),
  "no START, END and REPORT lines of Lambda": less(({ calls, logBytes }) => ({
    logBytes: logBytes - calls * assumptions.platformLogBytes.value,
  })),
};

/** What 1,000 links would cost less, one saving after the other, and what is left. */
export function savingsTable(counted: LinkCounts): string {
  let left = counted;
  const steps = Object.entries(SAVINGS).map(([what, saving]) => {
    const before = dollarsPer1000(left);
    left = saving(left);
    const after = dollarsPer1000(left);
    return { what, saved: dollars(before - after), after: dollars(after) };
  });
  return tableOf([
    { title: "saves", cells: new Map(steps.map(({ what, saved }) => [what, saved])) },
    { title: "leaves", cells: new Map(steps.map(({ what, after }) => [what, after])) },
  ]);
}

async function newPerson({ target }: CountedSystem): Promise<MobileBackend> {
  return new MobileBackend(target, await newUser(new MobileBackend(target)));
}

/** A person who turns back in the Consent UI. */
async function wholeLink(backend: MobileBackend): Promise<void> {
  const { links } = await newLink(backend, backend.userId);
  const browser = newBrowser(backend.target.apiUrl);
  const { location = "" } = await browser.use(links.public);
  const state = new URL(location).searchParams.get("state") ?? "";
  await browser.open(`/consent/return?state=${state}`);
}
