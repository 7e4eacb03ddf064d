import { type ChildProcess, execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, openSync } from 'node:fs'
import net from 'node:net'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export interface Running {
  pid: number
  port: number
  stop(): Promise<void>
}

const run = promisify(execFile)
const path = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const cli = path('../dist/cli.js')

/** What `dealgraph` prints when it is run with these arguments. */
export async function dealgraph(env: Record<string, string>, ...args: string[]): Promise<string> {
  const { stdout } = await run(process.execPath, [cli, ...args], {
    env: { ...process.env, ...env },
  })
  return stdout.trim()
}

/** The gateway as it is started in production, its log in a file. */
export function startGateway(env: Record<string, string>, log: string): Promise<Running> {
  return start(process.execPath, [cli, 'serve'], env, log)
}

/** A peer of the gateway, by the file of its server. */
export function startPeer(
  name: string,
  env: Record<string, string>,
  log: string,
  node = process.execPath,
): Promise<Running> {
  return start(node, ['--import', 'tsx', path(`peers/${name}.ts`)], env, log)
}

/** PostGraphile needs Node.js 22, which comes as a package where this is an older one. */
export function recentNode(): string {
  if (Number(process.versions.node.split('.')[0]) >= 22) return process.execPath
  const packages = [
    `node-${process.platform}-${process.arch}`,
    `node-bin-${process.platform}-${process.arch}`,
  ]
  const found = packages.map((name) => path(`node_modules/${name}/bin/node`)).find(existsSync)
  if (!found) throw new Error('PostGraphile needs Node.js 22: run the bench with a newer one.')
  return found
}

async function start(
  command: string,
  args: string[],
  env: Record<string, string>,
  log: string,
): Promise<Running> {
  const port = await freePort()
  const file = openSync(log, 'a')
  const child = spawn(command, args, {
    cwd: path('..'),
    env: { ...process.env, NODE_ENV: 'production', PORT: String(port), ...env },
    stdio: ['ignore', file, file],
  })
  const kill = () => void child.kill('SIGKILL')
  process.on('exit', kill)
  child.once('exit', () => process.off('exit', kill))
  await listening(child, port, log)
  return { pid: child.pid as number, port, stop: () => stopChild(child) }
}

async function listening(child: ChildProcess, port: number, log: string): Promise<void> {
  for (let tries = 0; tries < 600; tries += 1) {
    if (child.exitCode !== null) break
    const socket = net.connect(port, '127.0.0.1')
    const isThere = await once(socket, 'connect').then(
      () => true,
      () => false,
    )
    socket.destroy()
    if (isThere) return
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  throw new Error(`A candidate did not start: ${child.spawnargs.join(' ')}. Its log is ${log}.`)
}

async function stopChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null) return
  const exited = once(child, 'exit')
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), 10_000)
  await exited
  clearTimeout(timer)
}

async function freePort(): Promise<number> {
  const probe = net.createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as net.AddressInfo
  probe.close()
  await once(probe, 'close')
  return port
}
