import { expect } from "vitest";
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
  for (const { loginId, password, answers } of sent) {
    for (const secret of [loginId, password, ...answers]) expect(said).not.toContain(secret);
  }
}
