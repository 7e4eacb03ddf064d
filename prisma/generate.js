import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'

// Generates the client, unless the one that is there was made from this very schema by these very
// versions: generating takes longer than everything else that a restart does.
const stamp = 'src/generated/made-from'
const read = (file) => {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}
const sources = ['prisma/schema.prisma', 'package-lock.json', 'prisma/generate.js'].map(read)
const wanted = createHash('sha256').update(sources.join('\0')).digest('hex')

if (read(stamp) !== wanted) {
  const { status, stdout, stderr } = spawnSync('npx', ['--no', 'prisma', 'generate'], {
    encoding: 'utf8',
    shell: process.platform === 'win32',
  })
  if (status !== 0) {
    process.stderr.write(`${stdout}${stderr}`)
    process.exit(1)
  }
  writeFileSync(stamp, wanted)
}
