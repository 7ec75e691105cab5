import { createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import type { MobileBackend } from "../journeys/mobile-backend.ts";
import { encoded, serverClaims, type TokenMaker } from "./token-maker.ts";

export interface Owners {
  own: string;
  stranger: string;
}

/** The `Authorization` header of each credential of the page; none for the one without a token. */
export async function accessCredentials(
  backend: MobileBackend,
  { signed, publicKey }: TokenMaker,
  owners: Owners,
): Promise<ReadonlyMap<string, string | undefined>> {
  const claims = serverClaims();
  const { scope: _, ...unscoped } = claims;
  const tokens = {
    malformed: "no-token-at-all",
    forged: `${encoded({ alg: "ES256", typ: "JWT" })}.${encoded(claims)}.${encoded(randomBytes(64).toString("latin1"))}`,
    expired: await signed({ ...claims, iat: claims.iat - 7200, exp: claims.exp - 7200 }),
    "alg none": `${encoded({ alg: "none", typ: "JWT" })}.${encoded(claims)}.`,
    "HS256 with the public key": signedByHmac(claims, await publicKey()),
    "wrong key": signedByAnother(claims),
    ...tampered((await backend.token()).split(".")),
    SERVER: await backend.token(),
    "CLIENT of the owner": await backend.token({ scope: "CLIENT_ACCESS", userId: owners.own }),
    "CLIENT of another user": await backend.token({ scope: "CLIENT_ACCESS", userId: owners.stranger }),
    "unbound CLIENT": await signed({ ...unscoped, scope: "CLIENT_ACCESS" }),
  };
  const bearers = Object.entries(tokens).map(([name, token]) => [name, `Bearer ${token}`] as const);
  return new Map([["no token", undefined], ...bearers]);
}

function tampered([header = "", payload = "", signature = ""]: string[]) {
  const claims: object = JSON.parse(Buffer.from(payload, "base64url").toString());
  const middle = Math.floor(signature.length / 2);
  const letter = signature[middle] === "A" ? "B" : "A";
  const changed = `${signature.slice(0, middle)}${letter}${signature.slice(middle + 1)}`;
  return {
    "tampered header": `${encoded({ alg: "ES256", typ: "JWT", kid: "1" })}.${payload}.${signature}`,
    "tampered payload": `${header}.${encoded({ ...claims, exp: 9_999_999_999 })}.${signature}`,
    "tampered signature": `${header}.${payload}.${changed}`,
  };
}

/** A verifier that takes any algorithm would take the PEM of the public key for the secret. */
function signedByHmac(claims: object, publicKey: Buffer): string {
  const lines = publicKey.toString("base64").match(/.{1,64}/g) ?? [];
  const pem = ["-----BEGIN PUBLIC KEY-----", ...lines, "-----END PUBLIC KEY-----", ""].join("\n");
  const unsigned = `${encoded({ alg: "HS256", typ: "JWT" })}.${encoded(claims)}`;
  return `${unsigned}.${createHmac("sha256", pem).update(unsigned).digest("base64url")}`;
}

/** As ours are, by a key that anybody may make. */
export function signedByAnother(claims: object, header: object = { alg: "ES256", typ: "JWT" }): string {
  const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const unsigned = `${encoded(header)}.${encoded(claims)}`;
  const signature = sign("sha256", Buffer.from(unsigned), { key: privateKey, dsaEncoding: "ieee-p1363" });
  return `${unsigned}.${signature.toString("base64url")}`;
}
