import { checkName } from '../texts.ts'
import { alwaysSet, invalid, type UserError } from '../user-errors.ts'

const slugForm = /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/

/** Why these cannot be the values of a tenant; empty when they can. */
export function checkTenant(tenant: { slug: string; name: string; timeZone: string }): string[] {
  return [
    ...(slugForm.test(tenant.slug)
      ? []
      : [
          'A slug is 1 to 63 small letters, digits and hyphens, and starts and ends with a letter or digit.',
        ]),
    ...(tenant.name.length >= 1 && tenant.name.length <= 255
      ? []
      : ['A name has 1 to 255 characters.']),
    ...(isTimeZone(tenant.timeZone) ? [] : [noTimeZone(tenant.timeZone)]),
  ]
}

/** The settings of a tenant; what is left out stays. */
export interface TenantChange {
  name?: string | null
  defaultCurrency?: string | null
  timeZone?: string | null
  membersMayReopen?: boolean | null
  membersSeeOnlyTheirDeals?: boolean | null
}

/** The settings that bear on who may do what, so that their changes are in the audit. */
export const accessSettings = ['membersMayReopen', 'membersSeeOnlyTheirDeals'] as const

/** Why a tenant cannot have these settings; empty when it can. */
export function checkTenantChange(change: TenantChange, path: string[]): UserError[] {
  const { name, timeZone } = change
  const always = [
    ...(['name', 'defaultCurrency', 'timeZone'] as const),
    ...(['membersMayReopen', 'membersSeeOnlyTheirDeals'] as const),
  ]
  return [
    ...alwaysSet('A tenant', change, always, path),
    ...checkName(name, [...path, 'name']),
    ...(timeZone == null || isTimeZone(timeZone)
      ? []
      : [invalid(noTimeZone(timeZone), [...path, 'timeZone'])]),
  ]
}

function noTimeZone(name: string): string {
  return `"${name}" is no IANA time zone, such as Europe/Berlin.`
}

function isTimeZone(name: string): boolean {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: name }))
  } catch {
    return false
  }
}
