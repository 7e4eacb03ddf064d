import { defineConfig } from 'prisma/config'

// `prisma generate`, `validate` and `format` run in WebAssembly, yet the command line looks for a
// native schema engine first and downloads it. Any existing file satisfies it, so these commands
// work without a network too.
if (['generate', 'validate', 'format', 'version', '-v'].includes(process.argv[2] ?? '')) {
  process.env.PRISMA_SCHEMA_ENGINE_BINARY ??= process.execPath
}

export default defineConfig({
  schema: 'prisma/schema.prisma',
  migrations: { path: 'prisma/migrations' },
  datasource: { url: process.env.DATABASE_URL ?? 'postgresql://localhost/dealgraph' },
})
