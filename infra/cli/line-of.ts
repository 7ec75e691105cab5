/** Returns a one-line message for an error: our own text for common AWS errors, otherwise the error's message or its name. */
export function lineOf(error: unknown): string {
  if (!(error instanceof Error)) return "It failed, and nothing says why.";
  const { name, message } = error;
  if (message === "Region is missing") return "No AWS region is set: AWS_REGION says which.";
  if (name === "CredentialsProviderError") return flat(`No AWS credentials: ${message}`);
  if (name === "ResourceNotFoundException") return "There is no such table in this region of this account.";
  return flat(message || ("code" in error ? `AWS cannot be reached: ${error.code}` : name));
}

function flat(text: string): string {
  return text.replace(/\s+/g, " ").trim();
}
