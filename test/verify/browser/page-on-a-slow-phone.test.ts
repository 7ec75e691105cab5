import { expect } from "vitest";
import { localSystem } from "../../journeys/start-for-tests.ts";
import { targetOf } from "../../journeys/target.ts";
import { newCompany } from "../page/visits.ts";
import { browserTest, openTab } from "./browser.ts";
import { walkOnSlowPhone } from "./slow-phone.ts";

/* Every screen comes with few requests and few bytes. The times are figures of the benchmark. */

const system = localSystem(1);

const MAX_REQUESTS = 3;
const MAX_BYTES = 20_000;

browserTest("each screen comes with at most 3 requests and 20 kB, also through a slow network", async () => {
  const target = targetOf(system());
  const { page, watched, close } = await openTab([target.apiUrl]);
  const screens = await walkOnSlowPhone(page, await newCompany(target));
  expect(screens).toHaveLength(8);
  expect(screens.filter(({ requests }) => requests.length > MAX_REQUESTS)).toEqual([]);
  expect(screens.filter(({ bytes }) => bytes > MAX_BYTES)).toEqual([]);
  expect(watched).toEqual({ errors: [], strangers: [] });
  await close();
});
