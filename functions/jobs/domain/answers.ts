import { Secret } from "./secret.ts";

/** The answers to one challenge as one secret, for sealing. */
export function packAnswers(answers: readonly Secret[]): Secret {
  return new Secret(JSON.stringify(answers.map((answer) => answer.reveal())));
}

export function unpackAnswers(packed: Secret): Secret[] {
  const answers: unknown = JSON.parse(packed.reveal());
  return Array.isArray(answers) ? answers.map((answer) => new Secret(String(answer))) : [];
}
