import { RemovalPolicy } from "aws-cdk-lib";
import { Key, KeySpec, KeyUsage } from "aws-cdk-lib/aws-kms";
import { Construct } from "constructs";

/** A first deployment that fails leaves no key behind. */
const KEPT = { removalPolicy: RemovalPolicy.RETAIN_ON_UPDATE_OR_DELETE };

export class Keys extends Construct {
  /** Encrypts all secrets that we store: logins, MFA answers, task tokens and others. */
  readonly sealing: Key;
  /** Signs access tokens with ES256. */
  readonly signing: Key;

  constructor(scope: Construct, id: string) {
    super(scope, id);
    this.sealing = new Key(this, "Sealing", {
      description: "Seals bank logins and MFA answers",
      enableKeyRotation: true,
      ...KEPT,
    });
    this.signing = new Key(this, "Signing", {
      description: "Signs access tokens",
      keySpec: KeySpec.ECC_NIST_P256,
      keyUsage: KeyUsage.SIGN_VERIFY,
      ...KEPT,
    });
  }
}
