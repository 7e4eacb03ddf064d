import { builder } from './builder.ts'
import { type Comparison, compare } from './conditions.ts'

export const AddressFilter = builder.inputType('AddressFilter', {
  description: 'Compares an email or a domain, in any case. Every condition given must hold.',
  fields: (t) => ({
    eq: t.string({ description: 'This one.' }),
    in: t.stringList({ description: 'One of these, at most 500.' }),
    isNull: t.boolean({ description: 'Whether there is no value.' }),
  }),
})

/** The Prisma conditions on a generated column that has an address in small letters. */
export function compareAddress(
  key: string,
  { eq, in: some, isNull }: Pick<Comparison<string>, 'eq' | 'in' | 'isNull'>,
): object[] {
  const fold = (address: string) => address.trim().toLowerCase()
  return compare(key, {
    eq: eq == null ? null : fold(eq),
    in: some?.map(fold) ?? null,
    isNull: isNull ?? null,
  })
}
