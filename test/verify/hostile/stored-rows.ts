import { unmarshall } from "@aws-sdk/util-dynamodb";
import { allRows } from "../../support/local-aws.ts";

type Row = Record<string, unknown>;

/** Everything that both of local mode's tables hold. */
export async function storedRows(): Promise<{ jobs: Row[]; secrets: Row[] }> {
  const tables = await allRows();
  const rowsOf = (name: string | undefined) => {
    const found = tables.find(({ table }) => table === name);
    if (found === undefined) throw new Error(`No table ${name}.`);
    return found.rows.map((row) => unmarshall(row));
  };
  return { jobs: rowsOf(process.env["JOBS_TABLE"]), secrets: rowsOf(process.env["SECRETS_TABLE"]) };
}
