import "./localhost-names.ts";
import { beforeAll, beforeEach } from "vitest";
import { EXCEPTED_JOURNEYS } from "./exceptions.ts";
import { exchangeSecrets } from "./exchanged-secrets.ts";
import { freshStart } from "./fresh-start.ts";
import { journeysEnvironment } from "./journeys-environment.ts";
import { nameOfTest } from "./name-of-test.ts";

const FRESH_WITHIN_MS = 60_000;

/** For every file of journeys: they share one deployment and one sandbox, and none may meet what another left. */
const { SECRETS_SENT } = journeysEnvironment();
const excepted = new Set(EXCEPTED_JOURNEYS.map(({ test }) => test));

exchangeSecrets(SECRETS_SENT);
beforeAll(freshStart, FRESH_WITHIN_MS);
beforeEach(({ task }) => {
  // Then a test that passes is a failure.
  if (excepted.has(nameOfTest(task))) Object.assign(task, { fails: true });
});
