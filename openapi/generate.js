import { createHash } from 'node:crypto'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'

// Makes the types of a client from each document, unless those that are there were made from these
// very documents by these very versions.
const names = ['backside', 'ysuite', 'heffl']
const file = (name) => new URL(name, import.meta.url)
const read = (url) => {
  try {
    return readFileSync(url, 'utf8')
  } catch {
    return ''
  }
}
const documents = names.map((name) => read(file(`${name}.json`)))
const tools = ['generate.js', '../package-lock.json'].map((name) => read(file(name)))
const sources = [...documents, ...tools].join('\0')
const wanted = createHash('sha256').update(sources).digest('hex')
const stamp = file('generated/made-from')

if (read(stamp) !== wanted) {
  const { default: openapiTS, astToString } = await import('openapi-typescript')
  mkdirSync(file('generated'), { recursive: true })
  for (const [index, name] of names.entries()) {
    const types = await openapiTS(documents[index])
    writeFileSync(file(`generated/${name}.ts`), astToString(types))
  }
  writeFileSync(stamp, wanted)
}
