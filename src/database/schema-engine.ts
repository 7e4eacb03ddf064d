import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { PrismaPg } from '@prisma/adapter-pg'
import {
  bindMigrationAwareSqlAdapterFactory,
  ColumnTypeEnum,
  type SqlDriverAdapter,
  type SqlResultSet,
} from '@prisma/driver-adapter-utils'
import * as bindings from '@prisma/schema-engine-wasm/schema_engine_bg'
import pg from 'pg'

type Connect = () => Promise<SqlDriverAdapter>

export const noFilters: bindings.SchemaFilter = { externalTables: [], externalEnums: [] }

/**
 * Prisma's own schema engine, compiled to WebAssembly: nothing is downloaded, and its formats are
 * Prisma's.
 */
export async function openSchemaEngine(
  schema: string,
  connections: { connect: Connect; connectToShadowDb: Connect },
): Promise<bindings.SchemaEngine> {
  loading ??= loadBindings()
  await loading
  const factory = bindMigrationAwareSqlAdapterFactory({
    provider: 'postgres',
    adapterName: '@prisma/adapter-pg',
    ...connections,
  })
  return bindings.SchemaEngine.new({ datamodels: [['schema.prisma', schema]] }, () => {}, factory)
}

let loading: Promise<void> | undefined

/** The types of Node leave this global to those of browsers, which do not belong here. */
declare const WebAssembly: {
  instantiate(
    code: Uint8Array,
    imports: object,
  ): Promise<{ instance: { exports: Record<string, () => void> } }>
}

async function loadBindings(): Promise<void> {
  const file = createRequire(import.meta.url).resolve('@prisma/schema-engine-wasm/schema_engine_bg')
  const code = await readFile(file.replace(/\.js$/, '.wasm'))
  const imports = { './schema_engine_bg.js': { ...bindings, ...timers() } }
  const { instance } = await WebAssembly.instantiate(code, imports)
  bindings.__wbg_set_wasm(instance.exports)
  instance.exports.__wbindgen_start?.()
}

/**
 * The engine never clears the timer of its lock, which would keep the process for 10 s after the
 * work is done.
 */
function timers(): Record<string, (callback: () => void, delayMs: number) => NodeJS.Timeout> {
  const names = Object.keys(bindings).filter((name) => name.startsWith('__wbg_setTimeout_'))
  const unheld = (callback: () => void, delayMs: number) => setTimeout(callback, delayMs).unref()
  return Object.fromEntries(names.map((name) => [name, unheld]))
}

/**
 * The connection that an engine works on: always the same one, so that a lock of the session stays
 * with it.
 */
export function enginePool(config: pg.PoolConfig): pg.Pool {
  const pool = new CatalogPool({ ...config, max: 1, idleTimeoutMillis: 0 })
  // A broken connection fails the statement that needs it; without a listener it would end the
  // process.
  pool.on('error', () => {})
  return pool
}

/**
 * adapter-pg, with what the engine needs of it: catalog columns of one character, and scripts sent
 * whole.
 */
export async function engineAdapter(pool: pg.Pool): Promise<SqlDriverAdapter> {
  const adapter = await new PrismaPg(pool).connect()
  const { queryRaw } = adapter
  return Object.assign(adapter, {
    queryRaw: async (query: Parameters<typeof queryRaw>[0]) =>
      withCharacters(await queryRaw.call(adapter, query)),
    // adapter-pg's own way splits a script at every semicolon, those inside function bodies too.
    executeScript: async (sql: string) => {
      await adapter.executeRaw({ sql, args: [], argTypes: [] })
    },
  })
}

const oidOfChar = 18
const oidOfCharArray = 1002

/**
 * adapter-pg refuses the catalogs' type "char" but knows its array, which the engine never reads:
 * the one stands for the other.
 */
class CatalogPool extends pg.Pool {
  override query = (async (query: pg.QueryConfig) => {
    const results = await super.query(query)
    // A script of several statements has several results.
    for (const field of [results].flat().flatMap((result) => result.fields)) {
      if (field.dataTypeID === oidOfChar) field.dataTypeID = oidOfCharArray
    }
    return results
  }) as pg.Pool['query']
}

function withCharacters(result: SqlResultSet): SqlResultSet {
  const columnTypes = result.columnTypes.map((type) =>
    type === ColumnTypeEnum.CharacterArray ? ColumnTypeEnum.Character : type,
  )
  return { ...result, columnTypes }
}
