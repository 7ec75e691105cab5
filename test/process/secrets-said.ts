import { expect } from "vitest";
import { writtenForms } from "../verify/canaries/written-forms.ts";
import type { LocalMode } from "./local-mode.ts";

interface Sent {
  readonly loginId: string;
  readonly password: string;
  readonly answers: readonly string[];
}

/** Local mode, told to log all that it can, has said nothing that was sent to it as a secret. */
export function expectNoSecrets(local: Pick<LocalMode, "said">, ...sent: readonly Sent[]): void {
  const said = local.said();
  // It did say something.
  expect(said).toMatch(/"(route|task)":"/);
  const bytes = Buffer.from(said);
  const secrets = sent.flatMap(({ loginId, password, answers }) => [loginId, password, ...answers]);
  const found = secrets.flatMap((secret) =>
    writtenForms(secret).filter((form) => bytes.includes(form.bytes)),
  );
  expect(found.map(({ form }) => form)).toEqual([]);
}
