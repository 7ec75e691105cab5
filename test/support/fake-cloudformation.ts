import { createServer } from "node:http";
import { text } from "node:stream/consumers";
import { listenLocally } from "../../infra/local/local-server.ts";

/** A stack by its name, with its outputs. */
export type Stacks = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Answers DescribeStacks in the Query protocol: a form is asked, XML comes back. */
export async function fakeCloudFormation(stacks: Stacks) {
  const asked: string[] = [];
  const server = createServer(async (request, response) => {
    const form = new URLSearchParams(await text(request));
    const name = form.get("StackName") ?? "";
    asked.push(`${form.get("Action")} ${name}`);
    const outputs = stacks[name];
    response.writeHead(outputs === undefined ? 400 : 200, { "content-type": "text/xml" });
    response.end(outputs === undefined ? missing(name) : described(name, outputs));
  });
  return { asked, ...(await listenLocally(server)) };
}

function described(name: string, outputs: Readonly<Record<string, string>>): string {
  const members = Object.entries(outputs).map(
    ([key, value]) => `<member><OutputKey>${key}</OutputKey><OutputValue>${value}</OutputValue></member>`,
  );
  return `<DescribeStacksResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
  <DescribeStacksResult><Stacks><member>
    <StackName>${name}</StackName>
    <CreationTime>2026-01-05T09:00:00.000Z</CreationTime>
    <StackStatus>CREATE_COMPLETE</StackStatus>
    ${members.length > 0 ? `<Outputs>${members.join("")}</Outputs>` : ""}
  </member></Stacks></DescribeStacksResult>
  <ResponseMetadata><RequestId>1</RequestId></ResponseMetadata>
</DescribeStacksResponse>`;
}

function missing(name: string): string {
  return `<ErrorResponse xmlns="http://cloudformation.amazonaws.com/doc/2010-05-15/">
  <Error>
    <Type>Sender</Type>
    <Code>ValidationError</Code>
    <Message>Stack with id ${name} does not exist</Message>
  </Error>
  <RequestId>1</RequestId>
</ErrorResponse>`;
}
