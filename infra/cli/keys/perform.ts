import type { ApiKeyRegister, StoredApiKey } from "../../../functions/access/api-key-register.ts";
import { newApiKey } from "./new-api-key.ts";
import type { Command } from "./read-command.ts";
import { keysAsJson, keysAsTable } from "./render-keys.ts";

export interface Output {
  stdout: string;
  stderr: string;
}

/**
 * Performs a command and returns its output.
 *
 * @throws an `Error` with a one-line message if the command cannot be performed.
 */
export async function perform(register: ApiKeyRegister, command: Command, at: Date): Promise<Output> {
  switch (command.action) {
    case "create": {
      const apiKey = newApiKey();
      // Print the key only after storing it, so that we never hand out a key that does not work.
      const { id } = await register.add(apiKey, command.name, at);
      return {
        stdout: `${apiKey.reveal()}\n`,
        stderr: `Made the API key ${id}, "${command.name}". It is shown this once: only its SHA-256 is stored.\n`,
      };
    }
    case "list": {
      const keys = await register.list();
      return { stdout: command.asJson ? keysAsJson(keys) : keysAsTable(keys), stderr: "" };
    }
    case "revoke": {
      const { id, hash, name } = theOne(await register.list(), command.idOrHash);
      const revokedAt = await register.revoke(hash, at);
      if (revokedAt === undefined) throw unknownKey(id);
      if (revokedAt !== at.toISOString()) {
        throw new Error(`The API key ${id}, "${name}", was revoked before, at ${revokedAt}.`);
      }
      return {
        stdout: `Revoked the API key ${id}, "${name}". Tokens that it was traded for last an hour at most.\n`,
        stderr: "",
      };
    }
  }
}

function theOne(keys: readonly StoredApiKey[], idOrHash: string): StoredApiKey {
  const [found, ...more] = keys.filter(({ hash }) => hash.startsWith(idOrHash));
  if (found === undefined) throw unknownKey(idOrHash);
  if (more.length > 0) {
    throw new Error(
      `Several API keys begin with ${idOrHash}. Give more digits of the SHA-256 of the key itself.`,
    );
  }
  return found;
}

function unknownKey(idOrHash: string): Error {
  return new Error(
    `There is no API key ${idOrHash}. One that was made just now may take a second to be found.`,
  );
}
