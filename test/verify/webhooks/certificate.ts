import { generateKeyPairSync, sign } from "node:crypto";

/** A private key and its certificate, in PEM. */
export interface Certificate {
  key: string;
  cert: string;
}

const SEQUENCE = 0x30;
const SET = 0x31;
const OID = { ecdsaWithSha256: "2a8648ce3d040302", commonName: "550403", subjectAltName: "551d11" } as const;

/** Makes a certificate that is valid for a name today, and signed with its own key. */
export function certificateFor(name: string): Certificate {
  const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
  const algorithm = der(SEQUENCE, oid(OID.ecdsaWithSha256));
  const subject = der(SEQUENCE, der(SET, der(SEQUENCE, oid(OID.commonName), der(0x0c, Buffer.from(name)))));
  const altNames = der(SEQUENCE, der(0x82, Buffer.from(name)));
  const extension = der(SEQUENCE, oid(OID.subjectAltName), der(0x04, altNames));
  const signed = der(
    SEQUENCE,
    der(0xa0, der(0x02, Buffer.from([2]))), // version 3
    der(0x02, Buffer.from([1])), // serial number
    algorithm,
    subject,
    der(SEQUENCE, time(-1), time(1)),
    subject,
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, der(SEQUENCE, extension)),
  );
  const signature = Buffer.concat([Buffer.from([0]), sign("sha256", signed, privateKey)]);
  const whole = der(SEQUENCE, signed, algorithm, der(0x03, signature));
  return {
    key: privateKey.export({ type: "pkcs8", format: "pem" }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${whole.toString("base64")}\n-----END CERTIFICATE-----\n`,
  };
}

function der(tag: number, ...parts: readonly Uint8Array[]): Buffer {
  const content = Buffer.concat(parts);
  const { byteLength } = content;
  const length =
    byteLength < 0x80
      ? [byteLength]
      : byteLength < 0x100
        ? [0x81, byteLength]
        : [0x82, byteLength >> 8, byteLength & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), content]);
}

function oid(hex: string): Buffer {
  return der(0x06, Buffer.from(hex, "hex"));
}

function time(daysFromNow: number): Buffer {
  const at = new Date(Date.now() + daysFromNow * 24 * 3600 * 1000).toISOString();
  return der(0x17, Buffer.from(`${at.slice(2, 19).replaceAll(/\D/g, "")}Z`));
}
