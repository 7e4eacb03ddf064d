import { checkDomain, checkEmail } from '../addresses.ts'
import { checkName, checkTexts } from '../texts.ts'
import { alwaysSet, type UserError } from '../user-errors.ts'

export interface OrganizationValues {
  name?: string | null
  domain?: string | null
  email?: string | null
  phone?: string | null
}

/** Why an organization cannot have these values; what is left out is not looked at. */
export function checkOrganization(values: OrganizationValues, path: string[]): UserError[] {
  const { name, domain, email } = values
  return [
    ...alwaysSet('An organization', values, ['name'], path),
    ...checkName(name, [...path, 'name']),
    ...checkDomain(domain, [...path, 'domain']),
    ...checkEmail(email, [...path, 'email']),
    ...checkTexts(values, ['phone'], path),
  ]
}
