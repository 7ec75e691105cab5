/** Thrown when the command line is not valid. The message never repeats a value, because it may be a secret in the wrong place. */
export class UsageError extends Error {
  override readonly name = "UsageError";
}
