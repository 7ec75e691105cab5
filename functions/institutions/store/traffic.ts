import { BatchGetItemCommand, type DynamoDBClient, UpdateItemCommand } from "@aws-sdk/client-dynamodb";
import { marshall, unmarshall } from "@aws-sdk/util-dynamodb";
import * as z from "zod/mini";
import { TIMED_STEPS } from "../../jobs/domain/steps.ts";
import { storedUntil } from "../../jobs/domain/times-to-live.ts";
import { type Row, readRow, wasMade } from "../../platform/dynamo.ts";
import { type EndedAttempt, RESULTS } from "../domain/attempt.ts";
import type { Traffic } from "../domain/ports.ts";
import { type Histogram, type Tally, tallyOf } from "../domain/traffic.ts";

/** A record of the stream may come again for a day. Until then, its row says that it was counted. */
const STORED_DAYS = 2;

/** An expression of DynamoDB may have 4 kB. */
const MAX_AT_ONCE = 50;

/**
 * One row for each institution and minute. Its numbers have short names, because DynamoDB counts their bytes: `r` and the place of
 * a result, or the place of a step, `t`, and the class of a time. The set `counted` has the tokens of all attempts in it.
 */
export function dynamoTraffic(client: DynamoDBClient, TableName: string): Traffic {
  /** Returns false if one of the attempts was counted before. */
  function add(key: Row, minute: string, attempts: readonly EndedAttempt[]): Promise<boolean> {
    const numbers = [...numbersOf(tallyOf(attempts))];
    const tokens = attempts.map(({ token }) => token);
    return wasMade(
      client.send(
        new UpdateItemCommand({
          TableName,
          Key: marshall(key),
          UpdateExpression: `ADD ${["#counted :counted", ...numbers.map((_, n) => `#n${n} :n${n}`)].join(", ")} SET expiresAt = :expiresAt`,
          ConditionExpression: tokens.map((_, n) => `NOT contains(#counted, :t${n})`).join(" AND "),
          ExpressionAttributeNames: {
            "#counted": "counted",
            ...Object.fromEntries(numbers.map(([name], n) => [`#n${n}`, name])),
          },
          ExpressionAttributeValues: marshall({
            ":counted": new Set(tokens),
            ":expiresAt": storedUntil(`${minute}:00.000Z`, STORED_DAYS),
            ...Object.fromEntries(numbers.map(([, value], n) => [`:n${n}`, value])),
            ...Object.fromEntries(tokens.map((token, n) => [`:t${n}`, token])),
          }),
        }),
      ),
    );
  }

  /** A repetition is rare: only then, reads which attempts were counted. */
  async function addOnce(key: Row, minute: string, attempts: readonly EndedAttempt[]): Promise<void> {
    let left = attempts;
    while (left.length > 0 && !(await add(key, minute, left))) {
      const counted = countedIn(await readRow(client, TableName, key));
      left = left.filter(({ token }) => !counted.has(token));
    }
  }

  /** At most 100 rows. DynamoDB may return only some of them at a time. */
  async function readRows(pks: readonly string[]): Promise<Row[]> {
    const { Responses, UnprocessedKeys } = await client.send(
      new BatchGetItemCommand({ RequestItems: { [TableName]: { Keys: pks.map((pk) => marshall({ pk })) } } }),
    );
    const rows = (Responses?.[TableName] ?? []).map((item) => unmarshall(item));
    const left = (UnprocessedKeys?.[TableName]?.Keys ?? []).flatMap(({ pk }) => pk?.S ?? []);
    return left.length === 0 ? rows : [...rows, ...(await readRows(left))];
  }

  return {
    async count(institutionId, minute, attempts) {
      const each = [...new Map(attempts.map((attempt) => [attempt.token, attempt])).values()];
      for (let from = 0; from < each.length; from += MAX_AT_ONCE) {
        await addOnce(keyOf(institutionId, minute), minute, each.slice(from, from + MAX_AT_ONCE));
      }
    },

    async read(institutionId, minutes) {
      const minuteOfKey = new Map(minutes.map((minute) => [keyOf(institutionId, minute).pk, minute]));
      const found = new Map<string, Tally>();
      for (const row of await readRows([...minuteOfKey.keys()])) {
        const minute = minuteOfKey.get(String(row["pk"]));
        if (minute !== undefined) found.set(minute, tallyIn(row));
      }
      return found;
    },
  };
}

function keyOf(institutionId: string, minute: string) {
  return { pk: `institution-traffic#${institutionId}#${minute}` };
}

function countedIn(row: Row | undefined): ReadonlySet<unknown> {
  const counted = row?.["counted"];
  return counted instanceof Set ? counted : new Set();
}

/** The numbers of a tally that are not 0, by their names in the row. */
function* numbersOf({ results, times }: Tally): Iterable<[name: string, value: number]> {
  for (const [place, result] of RESULTS.entries()) {
    if (results[result] > 0) yield [`r${place}`, results[result]];
  }
  for (const [place, step] of TIMED_STEPS.entries()) {
    for (const [timeClass, count] of times[step]) yield [`${place}t${timeClass}`, count];
  }
}

const aCount = z.catch(z.int(), 0);

function tallyIn(row: Row): Tally {
  const resultOf = (result: (typeof RESULTS)[number]) =>
    z.parse(aCount, row[`r${RESULTS.indexOf(result)}`] ?? 0);
  const timesOf = (step: (typeof TIMED_STEPS)[number]): Histogram => {
    const start = `${TIMED_STEPS.indexOf(step)}t`;
    const own = Object.entries(row).filter(([name]) => name.startsWith(start));
    return new Map(own.map(([name, count]) => [Number(name.slice(start.length)), z.parse(aCount, count)]));
  };
  return {
    results: {
      succeeded: resultOf("succeeded"),
      institution: resultOf("institution"),
      aggregator: resultOf("aggregator"),
      us: resultOf("us"),
      user: resultOf("user"),
    },
    times: {
      "verify-credentials": timesOf("verify-credentials"),
      "retrieve-accounts": timesOf("retrieve-accounts"),
      "retrieve-transactions": timesOf("retrieve-transactions"),
    },
  };
}
