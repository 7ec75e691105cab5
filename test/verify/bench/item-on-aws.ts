import type { Item } from "./index-write-units.ts";
import { PRICES } from "./prices.ts";

const { taskTokenBytes, sealBytes } = PRICES.assumptions;

/** Base64 of a token of AWS as KMS of AWS seals it: local mode's are a tenth of it. */
const SEALED_TASK_TOKEN = { S: "x".repeat(Math.ceil((taskTokenBytes.value + sealBytes.value) / 3) * 4) };

/** An item as large as it is on AWS. */
export function asOnAws(item: Item): Item {
  return item["sealedTaskToken"] === undefined ? item : { ...item, sealedTaskToken: SEALED_TASK_TOKEN };
}
