/** AWS stores the stack of an error that a function throws. A stack names files. */
export function withoutStack(error: Error): Error {
  error.stack = `${error.name}: ${error.message}`;
  return error;
}
