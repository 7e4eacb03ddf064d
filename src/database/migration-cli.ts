import { parseArgs } from 'node:util'
import { checkMigrations, createMigration } from './migration-authoring.ts'

// The developer's commands behind `npm run db:check` and `npm run db:create -- NAME [--empty]`.
const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { empty: { type: 'boolean', default: false } },
})
const [command, name] = positionals

if (command === 'check') {
  const missing = await checkMigrations()
  console.log(missing ?? 'The migrations agree with schema.prisma.')
  if (missing !== null) process.exitCode = 1
} else if (command === 'create' && name) {
  const path = await createMigration({ name, empty: values.empty })
  console.log(path ? `Wrote ${path}` : 'schema.prisma needs no migration.')
} else {
  console.error('Usage: npm run db:check, or npm run db:create -- NAME [--empty]')
  process.exitCode = 1
}
