import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { DirectoryInUseError, lockDirectory } from '../src/database/directory-lock.ts'

const module = new URL('../src/database/directory-lock.ts', import.meta.url).href
let directory: string
let children: ChildProcess[] = []

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'dealgraph-lock-'))
})

afterEach(async () => {
  for (const child of children) child.kill('SIGKILL')
  children = []
  await rm(directory, { recursive: true, force: true })
})

/** Starts a process that locks the directory, says so and stays until it is killed. */
async function contender(path = directory): Promise<{ child: ChildProcess; said: string }> {
  const script = `
    import(${JSON.stringify(module)})
      .then(({ lockDirectory }) => lockDirectory(${JSON.stringify(path)}, 'dealgraph serve'))
      .then(() => console.log('held'), (error) => console.log(error.message))
    setInterval(() => {}, 1000)`
  const child = spawn(process.execPath, ['--import', 'tsx', '--eval', script], {
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  children.push(child)
  const [said] = (await once(createInterface(child.stdout), 'line')) as [string]
  return { child, said }
}

async function kill(child: ChildProcess): Promise<void> {
  child.kill('SIGKILL')
  await once(child, 'exit')
}

describe('lockDirectory', { timeout: 60_000 }, () => {
  test('refuses a second process and names the first', async () => {
    const { child } = await contender()
    const second = lockDirectory(directory, 'dealgraph migrate')
    await expect(second).rejects.toThrow(DirectoryInUseError)
    await expect(second).rejects.toThrow(
      `The directory ${directory} is in use by process ${child.pid} (dealgraph serve).`,
    )
  })

  test('refuses a second holder in the same process until the first releases', async () => {
    const release = await lockDirectory(directory, 'first')
    await expect(lockDirectory(directory, 'second')).rejects.toThrow('(first)')
    await release()
    expect(await readdir(directory)).toEqual([])
    await (await lockDirectory(directory, 'second'))()
  })

  test('lets go when the holder is killed, and tidies up after it', async () => {
    const { child } = await contender()
    await kill(child)
    expect(await readdir(directory)).toHaveLength(1)
    const release = await lockDirectory(directory, 'next')
    await release()
    expect(await readdir(directory)).toEqual([])
  })

  test('takes a stopped holder for a living one', async () => {
    const { child } = await contender()
    child.kill('SIGSTOP')
    await expect(lockDirectory(directory, 'next')).rejects.toThrow(`process ${child.pid}`)
  })

  test('gives a dead process’s lock to exactly one of several that want it', async () => {
    const { child } = await contender()
    await kill(child)
    const said = (await Promise.all(Array.from({ length: 5 }, () => contender()))).map(
      (c) => c.said,
    )
    expect(said.filter((line) => line === 'held')).toHaveLength(1)
  })

  test('gives exactly one of many simultaneous callers the lock', async () => {
    const attempts = Array.from({ length: 20 }, (_, n) => lockDirectory(directory, `caller ${n}`))
    const outcomes = await Promise.allSettled(attempts)
    const held = outcomes.filter((outcome) => outcome.status === 'fulfilled')
    expect(held).toHaveLength(1)
    for (const outcome of outcomes) {
      if (outcome.status === 'rejected') expect(outcome.reason).toBeInstanceOf(DirectoryInUseError)
    }
    await held[0]?.value()
  })

  test('locks a directory whose path is too long for a socket', async () => {
    const deep = join(directory, 'a'.repeat(120))
    const { child } = await contender(deep)
    await expect(lockDirectory(deep, 'next')).rejects.toThrow(`process ${child.pid}`)
    await kill(child)
    await (await lockDirectory(deep, 'next'))()
    expect(await readdir(deep)).toEqual([])
  })

  test('does not keep the process alive', async () => {
    const script = `import(${JSON.stringify(module)})
      .then(({ lockDirectory }) => lockDirectory(${JSON.stringify(directory)}, 'short'))`
    const child = spawn(process.execPath, ['--import', 'tsx', '--eval', script])
    children.push(child)
    expect(await once(child, 'exit')).toEqual([0, null])
  })
})
