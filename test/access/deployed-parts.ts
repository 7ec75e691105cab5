import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { deployedTarget } from "../journeys/deployed-target.ts";

interface Parts {
  signingKeyId: string;
  jobsTable: string;
}

/** What a test needs of the system beside its addresses, once that has started: of the deployment, or of local mode. */
export async function deployedParts(): Promise<Parts> {
  const deployed = deployedTarget();
  if (deployed === undefined) {
    const { SIGNING_KEY_ID = "", JOBS_TABLE = "" } = process.env;
    return { signingKeyId: SIGNING_KEY_ID, jobsTable: JOBS_TABLE };
  }
  const client = new CloudFormationClient({});
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({}));
  client.destroy();
  const outputs = Stacks.map(({ Outputs = [] }) =>
    Object.fromEntries(Outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue])),
  );
  const found = outputs.find(({ ApiUrl }) => ApiUrl === deployed.apiUrl);
  if (found === undefined) throw new Error(`No stack has the API ${deployed.apiUrl}.`);
  return { signingKeyId: found["SigningKeyArn"] ?? "", jobsTable: found["JobsTableName"] ?? "" };
}
