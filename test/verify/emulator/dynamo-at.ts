import { DynamoDBClient } from "@aws-sdk/client-dynamodb";
import { CREDENTIALS, REGION } from "./command-environment.ts";

export function dynamoAt(endpoint: string): DynamoDBClient {
  return new DynamoDBClient({ endpoint, region: REGION, credentials: CREDENTIALS });
}
