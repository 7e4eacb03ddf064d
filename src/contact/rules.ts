import { checkEmail } from '../addresses.ts'
import { checkName, checkTexts } from '../texts.ts'
import { alwaysSet, type UserError } from '../user-errors.ts'

export interface ContactValues {
  name?: string | null
  email?: string | null
  phone?: string | null
  jobTitle?: string | null
}

/** Why a contact cannot have these values; what is left out is not looked at. */
export function checkContact(values: ContactValues, path: string[]): UserError[] {
  const { name, email } = values
  return [
    ...alwaysSet('A contact', values, ['name'], path),
    ...checkName(name, [...path, 'name']),
    ...checkEmail(email, [...path, 'email']),
    ...checkTexts(values, ['phone', 'jobTitle'], path),
  ]
}
