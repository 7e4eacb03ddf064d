import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { auditedLog, leaksIn } from './log-audit.ts'

const line = (fields: object) => `${JSON.stringify({ level: 30, msg: 'request', ...fields })}\n`

function leaksOf(logged: string, said: string[]): string[] {
  const directory = mkdtempSync(join(tmpdir(), 'dealgraph-log-audit-'))
  writeFileSync(join(directory, 'logged-1'), logged)
  writeFileSync(join(directory, 'said-1'), said.map((text) => `${JSON.stringify(text)}\n`).join(''))
  return leaksIn(directory)
}

test('what was said is found in the log, whatever it is quoted in', () => {
  const said = ['Ada Lovelace', 'say "no"', 'never logged']
  const logged = line({ err: { message: 'of Ada Lovelace' } }) + line({ path: ['say "no"'] })
  expect(leaksOf(logged, said)).toEqual(['Ada Lovelace', 'say "no"'])
})

test('a credential is found that nobody is known to have sent', () => {
  const key = `dg_${'x'.repeat(43)}`
  expect(leaksOf(line({ url: `/graphql?key=${key}` }), [])).toEqual([key])
  expect(leaksOf(line({ token: 'eyJhbGciOiJub25lIn0.eyJzdWIiOiIxIn0.' }), [])).toHaveLength(1)
})

test('a log of requests alone holds nothing', () => {
  expect(leaksOf(line({ path: '/graphql', status: 200 }), ['Ada Lovelace'])).toEqual([])
})

test('what is of our own code is nothing that was said', async () => {
  const lines: unknown[] = []
  const log = auditedLog((line) => lines.push(line))
  log.error({ err: new Error('broken'), path: ['deals', 'weightedAmount'] }, 'a request failed')
  expect(lines).toHaveLength(1)
  const kept = readdirSync(inject('logAudit')).filter((file) => file.startsWith('logged'))
  const logged = kept.map((file) => readFileSync(join(inject('logAudit'), file), 'utf8')).join('')
  expect(logged).toContain('broken')
  expect(logged).not.toMatch(/weightedAmount|log-audit\.test/)
})
