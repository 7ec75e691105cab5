import type { TokenClaims } from "../../access/caller.ts";
import type { Secret } from "./secret.ts";
import type { SecretRef } from "./secret-refs.ts";

/*
 * The ports through which secrets, keys and tokens go.
 */

/** Sealing without keeping. */
export interface Sealer {
  seal(ref: SecretRef, secret: Secret): Promise<Uint8Array>;
  /** Throws when the seal was made for another reference. */
  unseal(ref: SecretRef, sealed: Uint8Array): Promise<Secret>;
}

/** Sealed secrets in their own table, for those who need not read them. */
export interface VaultDoor {
  /** The first one wins: a second one under the same reference changes nothing. */
  keep(ref: SecretRef, secret: Secret, until: Date): Promise<void>;
  destroy(ref: SecretRef): Promise<void>;
}

export interface Vault extends VaultDoor {
  holds(ref: SecretRef): Promise<boolean>;
  /** Throws `SealBroken` when what is there was sealed for another reference, or is not whole. */
  reveal(ref: SecretRef): Promise<Secret | undefined>;
}

export interface ApiKeys {
  /** How people name a key that is valid; nothing for any other one. */
  idOf(apiKey: Secret): Promise<string | undefined>;
}

export interface TokenIssuer {
  issue(claims: TokenClaims): Promise<{ accessToken: Secret; expiresInSeconds: number }>;
}

export interface TokenVerifier {
  /** Throws a `Refusal` for every token that was not issued by us or is over. */
  verify(token: string): Promise<TokenClaims>;
}
