import { createHmac, generateKeyPairSync, randomBytes, sign } from "node:crypto";
import { CloudFormationClient, DescribeStacksCommand } from "@aws-sdk/client-cloudformation";
import { GetPublicKeyCommand, KMSClient, SignCommand } from "@aws-sdk/client-kms";
import format from "ecdsa-sig-formatter";
import type { MobileBackend } from "../../journeys/mobile-backend.ts";
import { deployedTarget } from "../../journeys/target.ts";

const OUR_HEADER = { alg: "ES256", typ: "JWT" };

export type TokenMaker = ReturnType<typeof tokenMaker>;

export function encoded(part: unknown): string {
  return Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");
}

/** Claims of a backend's token that nothing is wrong with. */
export function serverClaims() {
  const now = Math.floor(Date.now() / 1000);
  return { scope: "SERVER_ACCESS", version: "3.0", iat: now, exp: now + 3600 };
}

/** Makes tokens with the key that signs those of the system, whatever they say. */
export function tokenMaker(keyId: string, client = new KMSClient({})) {
  return {
    async signed(claims: unknown, header: object = OUR_HEADER): Promise<string> {
      const unsigned = `${encoded(header)}.${encoded(claims)}`;
      const { Signature = new Uint8Array() } = await client.send(
        new SignCommand({
          KeyId: keyId,
          Message: Buffer.from(unsigned),
          MessageType: "RAW",
          SigningAlgorithm: "ECDSA_SHA_256",
        }),
      );
      return `${unsigned}.${format.derToJose(Buffer.from(Signature), "ES256")}`;
    },

    /** DER, as KMS hands it out to everybody who may ask. */
    async publicKey(): Promise<Buffer> {
      const { PublicKey = new Uint8Array() } = await client.send(new GetPublicKeyCommand({ KeyId: keyId }));
      return Buffer.from(PublicKey);
    },
  };
}

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

interface Parts {
  signingKeyId: string;
  jobsTable: string;
}

/** What a test needs of the system beside its addresses, once that has started: of the deployment, or of local mode. */
export async function deployedParts(): Promise<Parts> {
  const deployed = deployedTarget();
  if (deployed === undefined) {
    const { SIGNING_KEY_ID = "", JOBS_TABLE = "" } = process.env;
    return { signingKeyId: SIGNING_KEY_ID, jobsTable: JOBS_TABLE };
  }
  const client = new CloudFormationClient({});
  const { Stacks = [] } = await client.send(new DescribeStacksCommand({}));
  client.destroy();
  const outputs = Stacks.map(({ Outputs = [] }) =>
    Object.fromEntries(Outputs.map(({ OutputKey = "", OutputValue = "" }) => [OutputKey, OutputValue])),
  );
  const found = outputs.find(({ ApiUrl }) => ApiUrl === deployed.apiUrl);
  if (found === undefined) throw new Error(`No stack has the API ${deployed.apiUrl}.`);
  return { signingKeyId: found["SigningKeyArn"] ?? "", jobsTable: found["JobsTableName"] ?? "" };
}
