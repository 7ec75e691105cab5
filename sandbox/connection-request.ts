import { type Institution, institutionById } from "./institutions.ts";
import { isJsonObject, type JsonObject } from "./json-body.ts";
import { notSupplied, notValid, type Refusal } from "./refusal.ts";
import { type JudgedLogin, judgePassword, judgeUserToken } from "./test-users.ts";

const institutionField = {
  detail: "Institution ID parameter is required.",
  pointer: "connection/institution/id",
  parameter: "id",
} as const;

/** The names of login fields in error messages. */
const titles = {
  loginId: "Login ID",
  password: "Password",
  userToken: "User token",
  securityCode: "Security code",
  secondaryLoginId: "Secondary login ID",
} as const;

export type LoginField = keyof typeof titles;
const loginFields = ["loginId", "password", "userToken", "securityCode", "secondaryLoginId"] as const;

function loginField(name: LoginField) {
  return {
    detail: `${titles[name]} parameter is required.`,
    pointer: `connection/${name}`,
    parameter: name,
  };
}

export type LoginRequest = { readonly institution: Institution; readonly login: JudgedLogin };

/** Reads and validates the body of a request for a new connection. */
export function readCreate(body: JsonObject): LoginRequest | { readonly refusal: Refusal } {
  const institutionId = institutionIdOf(body);
  if (institutionId === "wrong-type") return { refusal: invalid(institutionField) };
  if (institutionId === undefined) {
    // The required login fields are unknown without an institution. Most institutions require these two.
    const guess: LoginField[] = isSupplied(body["userToken"]) ? [] : ["loginId", "password"];
    const missing = guess.filter((field) => !isSupplied(body[field]));
    return { refusal: notSupplied([institutionField, ...missing.map(loginField)]) };
  }
  const institution = institutionById(institutionId);
  if (institution === undefined) {
    return { refusal: notValid("Requested institution does not exist.", "id", institutionField.pointer) };
  }
  return readLogin(body, institution, neededFields(institution), null);
}

export function neededFields({ authorization, extraFields }: Institution): readonly LoginField[] {
  return authorization === "token" ? ["userToken"] : ["loginId", "password", ...extraFields];
}

/** Reads and validates the body of an update. It may omit the `loginId`: the stored connection identifies the user. */
export function readUpdate(
  body: JsonObject,
  institution: Institution,
  storedTestUser: string | null,
): LoginRequest | { readonly refusal: Refusal } {
  const needed = institution.authorization === "token" ? ("userToken" as const) : ("password" as const);
  return readLogin(body, institution, [needed], storedTestUser);
}

function readLogin(
  body: JsonObject,
  institution: Institution,
  needed: readonly LoginField[],
  storedTestUser: string | null,
): LoginRequest | { readonly refusal: Refusal } {
  const wrongType = loginFields.find((field) => isSupplied(body[field]) && typeof body[field] !== "string");
  if (wrongType !== undefined) return { refusal: invalid(loginField(wrongType)) };
  const missing = needed.filter((field) => !isSupplied(body[field]));
  if (missing.length > 0) return { refusal: notSupplied(missing.map(loginField)) };
  const login =
    institution.authorization === "token"
      ? judgeUserToken(String(body["userToken"]))
      : judgePassword(
          isSupplied(body["loginId"]) ? String(body["loginId"]) : storedTestUser,
          String(body["password"]),
        );
  return { institution, login };
}

/** Returns the institution id in a body. Undefined if it is missing. */
export function institutionIdOf(body: JsonObject): string | undefined | "wrong-type" {
  const institution = body["institution"];
  if (!isSupplied(institution)) return undefined;
  if (!isJsonObject(institution)) return "wrong-type";
  const id = institution["id"];
  if (!isSupplied(id)) return undefined;
  return typeof id === "string" ? id : "wrong-type";
}

function isSupplied(value: unknown): boolean {
  return value !== undefined && value !== null && value !== "";
}

function invalid({ pointer, parameter }: { readonly pointer: string; readonly parameter: string }): Refusal {
  return notValid("Parameter is not of the right type.", parameter, pointer);
}
