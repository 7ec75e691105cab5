import { type DynamoDBClient, PutItemCommand, type PutItemCommandInput } from "@aws-sdk/client-dynamodb";

/** Tells of each write of a row of this kind, just before it is made. */
export function beforeWriting(
  client: DynamoDBClient,
  kind: string,
  tell: (write: PutItemCommandInput) => unknown,
): void {
  client.middlewareStack.add(
    (next, { commandName }) =>
      async (args) => {
        const { input } = args;
        if (commandName === PutItemCommand.name && "Item" in input && !("Key" in input)) {
          if (input.Item?.["sk"]?.S?.startsWith(`${kind}#`)) await tell(input);
        }
        return next(args);
      },
    { step: "initialize" },
  );
}

/** Does it the first time only. */
export function onceOnly<Input>(act: (input: Input) => unknown): (input: Input) => unknown {
  let isDone = false;
  return (input) => {
    if (isDone) return undefined;
    isDone = true;
    return act(input);
  };
}
