import { createECDH, type KeyObject, randomBytes } from "node:crypto";

/** The order of the group of P-256 (SEC 2, 2.4.2). */
const ORDER = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n;

/**
 * Signs a SHA-256 digest with ECDSA over P-256; the signature is DER.
 *
 * node:crypto hashes whatever it signs and offers no way to sign a digest, hence the arithmetic. It does not run in
 * constant time: for development keys only.
 */
export function signDigest(privateKey: KeyObject, digest: Buffer): Buffer {
  const d = bigintFrom(Buffer.from(privateKey.export({ format: "jwk" }).d ?? "", "base64url"));
  for (;;) {
    const nonce = randomBytes(32);
    const k = bigintFrom(nonce);
    if (k === 0n || k >= ORDER) continue;
    const point = createECDH("prime256v1");
    point.setPrivateKey(nonce);
    const r = bigintFrom(point.getPublicKey().subarray(1, 33)) % ORDER;
    const s = (inverse(k) * (bigintFrom(digest) + r * d)) % ORDER;
    if (r !== 0n && s !== 0n) return derSequence(derInteger(r), derInteger(s));
  }
}

/** By Fermat's little theorem: ORDER is prime. */
function inverse(value: bigint): bigint {
  let result = 1n;
  let base = value;
  for (let exponent = ORDER - 2n; exponent > 0n; exponent >>= 1n) {
    if (exponent & 1n) result = (result * base) % ORDER;
    base = (base * base) % ORDER;
  }
  return result;
}

function bigintFrom(bytes: Buffer): bigint {
  return BigInt(`0x${bytes.toString("hex")}`);
}

function derInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.length % 2 ? `0${hex}` : hex, "hex");
  // A leading bit of 1 would make the number negative.
  const unsigned = (bytes[0] ?? 0) >= 0x80 ? Buffer.concat([Buffer.from([0]), bytes]) : bytes;
  return Buffer.concat([Buffer.from([0x02, unsigned.length]), unsigned]);
}

function derSequence(...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([0x30, content.length]), content]);
}
