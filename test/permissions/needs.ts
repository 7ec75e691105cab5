import type { Permission } from "../infra/statements.ts";
import { allows, piecesOf } from "./allows.ts";
import type { RecordedAccess } from "./recorded-access.ts";

type PermissionsByRole = ReadonlyMap<string, readonly Permission[]>;

/** The calls that the permissions do not allow. */
export function refusedBy<Recorded extends RecordedAccess>(
  permissions: PermissionsByRole,
  recorded: readonly Recorded[],
): Recorded[] {
  return recorded.filter(({ role, access }) => !allows(permissions.get(role) ?? [], access));
}

/** Each kind of call once, in a line. */
export function inWords(recorded: readonly RecordedAccess[]): string[] {
  const lines = recorded.map(
    ({ role, access, about }) => `${role}: ${about}, ${access.action} on ${access.resource}`,
  );
  return [...new Set(lines)];
}

export interface Need<Recorded> {
  role: string;
  permission: Permission;
  /** The first call that is refused without the permission; none when nothing needs it. */
  call: Recorded | undefined;
}

/** Takes every permission away in turn, pattern by pattern. A call names one row, so that patterns can be told apart. */
export function needsOf<Recorded extends RecordedAccess>(
  permissions: PermissionsByRole,
  recorded: readonly Recorded[],
): Need<Recorded>[] {
  return [...permissions].flatMap(([role, granted]) => {
    const pieces = granted.flatMap(piecesOf);
    const allowed = recorded.filter((call) => call.role === role && allows(pieces, call.access));
    return pieces.map((permission) => {
      const rest = pieces.filter((piece) => piece !== permission);
      const call = allowed.find(({ access }) => !allows(rest, access));
      return { role, permission, call };
    });
  });
}
