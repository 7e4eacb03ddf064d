import { execFile } from 'node:child_process'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { readManifest } from '../../src/manifest/rules.ts'
import type { Operation } from '../persisted-fixtures.ts'

const run = promisify(execFile)
const root = new URL('../../', import.meta.url).pathname

/** A folder for what a tool makes, which is gone when the work is done. */
export async function inFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'dealgraph-client-'))
  try {
    return await work(folder)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** Runs the command of a package, which looks for nothing on a network. */
export async function runTool(script: string, args: string[], cwd = root): Promise<void> {
  await run(process.execPath, [join(root, 'node_modules', script), ...args], { cwd })
}

/** The operations of a manifest, as they are pushed. */
export async function operationsIn(path: string): Promise<Operation[]> {
  const manifest = readManifest(JSON.parse(await readFile(path, 'utf8')))
  if (manifest.problem !== undefined) throw new Error(manifest.problem)
  return manifest.operations
}
