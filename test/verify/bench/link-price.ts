import { MobileBackend } from "../../journeys/mobile-backend.ts";
import { newBrowser } from "../links/browser.ts";
import { newLink, newUser } from "../links/links.ts";
import { functionCounts } from "./counts.ts";
import { dollarsFor, priceOfRuns, prices, sumOf, type Usage } from "./prices.ts";
import { type CountedSystem, functionFacts } from "./system.ts";

/** What links store and seal may cost no more. */
export const MAX_DATA_DOLLARS_PER_1000 = 0.01;

/** A whole link, by the functions that serve it. */
const OF_LINKS = ["auth-links", "open-link", "consent-return"] as const;

export interface LinkCounts {
  usage: { readonly [name in (typeof OF_LINKS)[number]]: Usage };
  /** List prices of 1,000 links. */
  dollarsPer1000: {
    /** What a link stores and seals, without what every request costs. */
    data: number;
    all: number;
  };
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
  const usageOf = (name: (typeof OF_LINKS)[number]) =>
    sumOf(invocations.filter((each) => each.name === name).map(({ usage }) => usage));
  const opened = usageOf("open-link");
  const usage = {
    "auth-links": usageOf("auth-links"),
    // Other tokens are shared. That for the Consent UI is of one link.
    "open-link": { ...opened, upstreamCalls: opened.upstreamCalls + 1 },
    "consent-return": usageOf("consent-return"),
  };
  const functions = Object.fromEntries(functionFacts(system.template));
  const all = sumOf(Object.values(usage));
  const data =
    1000 *
    (dollarsFor(all.writeUnits, prices.writeUnit) +
      dollarsFor(all.readUnits, prices.readUnit) +
      dollarsFor(all.kmsSymmetric, prices.kmsSymmetric));
  const each = OF_LINKS.map((name) => priceOfRuns(name, usage[name], 1000, functions));
  return { usage, dollarsPer1000: { data, all: each.reduce((total, one) => total + one, 0) } };
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
