/** How users log in at a published test institution. */
export type Authorization = "user" | "token" | "user-mfa" | "user-mfa-intermittent";
export type ExtraField = "securityCode" | "secondaryLoginId";

export type Institution = {
  readonly id: string;
  readonly name: string;
  readonly authorization: Authorization;
  /** Fields that this institution's login requires in addition to `loginId` and `password`. */
  readonly extraFields: readonly ExtraField[];
  /** The user approves the login in the bank's app instead of typing a code. */
  readonly approvesInApp: boolean;
};

const plain = { extraFields: [], approvesInApp: false } as const;

/** The published test institutions. */
export const institutions: readonly Institution[] = [
  { ...plain, id: "AU00000", name: "Hooli Bank", authorization: "user" },
  { ...plain, id: "AU00002", name: "Pied Piper Bank", authorization: "user-mfa" },
  { ...plain, id: "AU00003", name: "Nucleus Bank", authorization: "user-mfa-intermittent" },
  { ...plain, id: "AU00004", name: "HooliGov Bank", authorization: "user" },
  { ...plain, id: "AU00005", name: "Aviato Mutual", authorization: "user-mfa", approvesInApp: true },
  {
    ...plain,
    id: "AU00006",
    name: "Raviga",
    authorization: "user",
    extraFields: ["securityCode", "secondaryLoginId"],
  },
  { ...plain, id: "AU19301", name: "Token Test Bank", authorization: "token" },
];

export function institutionById(id: string): Institution | undefined {
  return institutions.find((institution) => institution.id === id);
}

export function shortNameOf({ name }: Institution): string {
  return name.split(" ", 1).join();
}

export function showsMfaStep(institution: Institution): boolean {
  return institution.authorization === "user-mfa" || institution.authorization === "user-mfa-intermittent";
}
