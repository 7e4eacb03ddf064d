import type { Viewer } from './viewer.ts'

/** To whom something that tells of the schema is open: everybody, whoever has a credential, nobody. */
export const accesses = ['public', 'authenticated', 'off'] as const
export type Access = (typeof accesses)[number]

export function isOpenTo(access: Access, viewer: Viewer | null): boolean {
  return access === 'public' || (access === 'authenticated' && viewer !== null)
}
