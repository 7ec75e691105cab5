import { basiqPassing } from "../../../functions/aggregators/basiq/passing.ts";
import { Secret } from "../../../functions/jobs/domain/secret.ts";
import { fitBody } from "../../../functions/pass-through/passed-body.ts";
import { systemClock } from "../../../functions/platform/clock.ts";

/* Passes one reply of the aggregator at the address that the argument names, and prints the memory that this took. */

const passing = basiqPassing({
  baseUrl: process.argv[2] ?? "",
  ourUrl: "https://api.example",
  version: "2.1",
  apiKey: async () => new Secret("key"),
  clock: systemClock(1),
  isPublic: false,
});
const { body } = await passing.send({ method: "GET", path: "/users/u/transactions", query: "" });
const { raw } = await fitBody(body, "gzip");
const result = JSON.stringify({ statusCode: 200, ...raw });
const { maxRSS } = process.resourceUsage();
process.stdout.write(JSON.stringify({ bodyBytes: body.byteLength, resultBytes: result.length, maxRSS }));
