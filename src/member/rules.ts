import { checkEmail } from '../addresses.ts'
import { checkExternalId, checkName } from '../texts.ts'
import { invalid, type UserError } from '../user-errors.ts'

export interface MemberValues {
  name?: string | null
  email?: string | null
  role?: string | null
  externalId?: string | null
  deactivated?: boolean | null
}

/** Why a member cannot have these values; what is left out is not looked at. */
export function checkMember(values: MemberValues, path: string[]): UserError[] {
  const { name, email, externalId } = values
  const always = { name: 'a name', role: 'a role', deactivated: 'a state' }
  return [
    ...(Object.keys(always) as (keyof typeof always)[])
      .filter((key) => values[key] === null)
      .map((key) =>
        invalid(`A member always has ${always[key]}: it cannot be cleared.`, [...path, key]),
      ),
    ...checkName(name, [...path, 'name']),
    ...checkEmail(email, [...path, 'email']),
    ...checkExternalId(externalId, [...path, 'externalId']),
  ]
}

/** Why scopes cannot be given: nobody gives what they do not have. */
export function checkGiven(
  given: readonly string[],
  own: ReadonlySet<string>,
  path: string[],
): UserError[] {
  const lacking = given.filter((scope) => !own.has(scope))
  if (lacking.length === 0) return []
  return [invalid(`Nobody gives what they do not have: ${lacking.join(', ')}.`, path)]
}

/**
 * The changes by which somebody comes to the rights of a member: another role, a sign-in of theirs,
 * or a return.
 */
export function rightsGiven(
  before: { role: string; externalId: string | null; deactivatedAt: Date | null },
  { role, externalId, deactivated }: MemberValues,
): string[] {
  return [
    ...(role != null && role !== before.role ? ['role'] : []),
    ...(externalId != null && externalId !== before.externalId ? ['externalId'] : []),
    ...(deactivated === false && before.deactivatedAt ? ['deactivated'] : []),
  ]
}

/** Why members cannot change themselves so: nobody locks themselves out. */
export function checkOwnChange(
  before: { role: string; externalId: string | null; deactivatedAt: Date | null },
  { role, externalId, deactivated }: MemberValues,
  path: string[],
): UserError[] {
  const other = 'another administrator can.'
  const renamed = externalId !== undefined && externalId !== before.externalId
  const demoted = before.role === 'ADMIN' && role != null && role !== 'ADMIN'
  return [
    ...(demoted
      ? [invalid(`Nobody takes ADMIN from themselves: ${other}`, [...path, 'role'])]
      : []),
    ...(renamed && before.externalId !== null
      ? [invalid(`Nobody changes the id that they sign in by: ${other}`, [...path, 'externalId'])]
      : []),
    ...(deactivated && !before.deactivatedAt
      ? [invalid(`Nobody deactivates themselves: ${other}`, [...path, 'deactivated'])]
      : []),
  ]
}
