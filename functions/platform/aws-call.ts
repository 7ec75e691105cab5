/** The calls of failed requests, by their errors. */
const calls = /* @__PURE__ */ new WeakMap<Error, string>();

/** A middleware for clients of the AWS SDK. Notes for every error which call it comes from. */
export function notingCalls<Args, Output>(
  next: (args: Args) => Promise<Output>,
  { commandName = "" }: { commandName?: string },
): (args: Args) => Promise<Output> {
  return async (args) => {
    try {
      return await next(args);
    } catch (error) {
      if (error instanceof Error) calls.set(error, commandName.replace(/Command$/, ""));
      throw error;
    }
  };
}

/** Returns the AWS call that failed with this error, such as `PutItem`, or `undefined`. */
export function awsCallOf(error: unknown): string | undefined {
  return error instanceof Error ? calls.get(error) : undefined;
}
