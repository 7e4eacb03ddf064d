import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { describe, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')

/** The folders of src that are no domain modules, and why their files have other names. */
const otherFolders: Record<string, string> = {
  auth: 'credentials become a viewer before there is a request to have modules for',
  commands: 'one file for each command of the command line',
  compiler: 'operations become statements, by what the modules declare and none of what they do',
  database: 'what runs statements, not what they are about',
  demo: 'made-up data, whose words and days are no layers',
  generated: 'written by Prisma',
  graphiql: 'the page for browsers',
  operations: 'a request on its way to the schema',
  persisted: 'which document a request means, before there is one to execute',
  rest: 'the routes of other CRMs, which know documents of ours and none of the modules',
  throttle: 'buckets of points, in this process and in Redis, which know of no operation',
}

/** What a layer may import of the modules; `own` is of its own module only. */
const mayImport: Record<string, { any: string[]; own: string[]; folders: string[] }> = {
  type: {
    any: ['type', 'filters', 'loaders', 'rules'],
    own: [],
    folders: ['auth', 'generated', 'throttle'],
  },
  filters: { any: [], own: [], folders: ['generated'] },
  loaders: { any: ['rules'], own: ['filters'], folders: ['database', 'generated'] },
  // Inputs share enums with the filters.
  mutations: { any: ['type', 'mutations'], own: ['service', 'filters'], folders: ['generated'] },
  service: { any: ['service', 'rules'], own: [], folders: ['auth', 'database', 'generated'] },
  rules: { any: ['rules'], own: [], folders: ['generated'] },
}

/** What stands above the modules: they are named there, and know nothing of it. */
const above = ['app', 'cli', 'config', 'schema', 'server']

interface SourceFile {
  path: string
  folder: string
  name: string
  text: string
  /** The files of this project that it imports, by their paths. */
  imports: string[]
}

function filesBelow(folder: string): SourceFile[] {
  const paths = readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' })
  return paths.filter((path) => path.endsWith('.ts')).map((path) => readSource(join(folder, path)))
}

function readSource(path: string): SourceFile {
  const text = readFileSync(join(root, path), 'utf8')
  const specifiers = text.matchAll(/(?:^|[\s}*])(?:from|import)\s*\(?'(\.\.?\/[^']+)'/gm)
  const imports = [...specifiers].map(([, to]) =>
    relative(root, join(root, dirname(path), to ?? '')),
  )
  const [folder = '', name = ''] = path.split('/').slice(1)
  return {
    path,
    folder: name ? folder : '',
    name: (name || folder).replace(/\.ts$/, ''),
    text,
    imports,
  }
}

const sources = filesBelow('src').filter(({ folder }) => folder !== 'generated')
const tests = filesBelow('test')
const modules = sources.filter(({ folder }) => folder !== '' && !(folder in otherFolders))

function linesOf(text: string): string[] {
  return text.trimEnd().split('\n')
}

/** Why an import is not allowed, or nothing. */
function objection(from: SourceFile, path: string): string | undefined {
  const [folder, name = ''] = path.split('/').slice(1)
  const allowed = mayImport[from.name]
  const says = `${from.path} imports ${path}`
  if (!name) return above.includes((folder ?? '').replace(/\.ts$/, '')) ? says : undefined
  if (folder !== undefined && folder in otherFolders)
    return allowed?.folders.includes(folder) ? undefined : says
  const layer = name.replace(/\.ts$/, '')
  const own = folder === from.folder && allowed?.own.includes(layer)
  return own || allowed?.any.includes(layer) ? undefined : says
}

function objections(files: SourceFile[]): string[] {
  return files.flatMap((file) => file.imports.flatMap((path) => objection(file, path) ?? []))
}

/** The modules that one module imports, and those that they import, as far as that goes. */
function reached(start: string): Set<string> {
  const found = new Set<string>()
  const waiting = [start]
  for (let module = waiting.pop(); module; module = waiting.pop()) {
    const files = modules.filter(({ folder }) => folder === module)
    const next = files.flatMap(({ imports }) => imports.map((path) => path.split('/')[1] ?? ''))
    for (const folder of next) {
      if (folder === module || found.has(folder) || !modules.some((file) => file.folder === folder))
        continue
      found.add(folder)
      waiting.push(folder)
    }
  }
  return found
}

function isComment(line: string): boolean {
  return /^\s*(\/\/|\/\*|\*)/.test(line)
}

describe('src', () => {
  test('has the folders that are no modules, and those have a reason', () => {
    const folders = new Set(sources.map(({ folder }) => folder).concat('generated'))
    expect(Object.keys(otherFolders).filter((folder) => !folders.has(folder))).toEqual([])
  })

  test('has only the layers as files of its modules', () => {
    const others = modules.filter(
      ({ path, name }) => !(name in mayImport) || path.split('/').length > 3,
    )
    expect(others.map(({ path }) => path)).toEqual([])
  })

  test('imports from one layer only what the layer may know', () => {
    expect(modules.length).toBeGreaterThan(30)
    expect(objections(modules)).toEqual([])
  })

  test.each([
    ['rules', 'src/deal/service.ts'],
    ['rules', 'src/database/database.ts'],
    ['filters', 'src/deal/rules.ts'],
    ['loaders', 'src/stage/loaders.ts'],
    ['loaders', 'src/stage/filters.ts'],
    ['type', 'src/deal/service.ts'],
    ['service', 'src/deal/type.ts'],
    ['mutations', 'src/stage/service.ts'],
    ['mutations', 'src/database/database.ts'],
    ['type', 'src/schema.ts'],
  ])('would not pass with %s that import %s', (name, path) => {
    const file = { path: `src/deal/${name}.ts`, folder: 'deal', name, text: '', imports: [path] }
    expect(objections([file])).toEqual([`src/deal/${name}.ts imports ${path}`])
  })

  test('decides in rules without I/O, a clock or GraphQL', () => {
    const impure =
      /\b(await|async|Math\.random|Date\.now|new Date\(\))|from '(node:|graphql|\.\.\/builder|\.\.\/context)/
    const rules = modules.filter(({ name }) => name === 'rules')
    expect(rules.length).toBeGreaterThan(5)
    expect(rules.filter(({ text }) => impure.test(text)).map(({ path }) => path)).toEqual([])
  })

  test('has REST APIs that know no rule, and nothing of one another', () => {
    const known = /^src\/(operations\/|(context|errors|ids|texts)\.ts$)/
    const rest = sources.filter(({ folder }) => folder === 'rest')
    const strangers = rest.filter(({ path, imports }) => {
      const near = ['src/rest', dirname(path)]
      return imports.some((to) => !known.test(to) && !near.includes(dirname(to)))
    })
    expect(rest.length).toBeGreaterThan(5)
    // It names the APIs, so that it alone knows all of them.
    expect(strangers.map(({ path }) => path)).toEqual(['src/rest/rest.ts'])
  })

  test('has modules that never lead back to themselves', () => {
    const names = [...new Set(modules.map(({ folder }) => folder))]
    expect(reached('deal-total')).toContain('pipeline')
    expect(names.filter((name) => reached(name).has(name))).toEqual([])
  })

  test('has no file of more than 250 lines', () => {
    const long = sources.filter(({ text }) => linesOf(text).length > 250)
    expect(long.map(({ path }) => path)).toEqual([])
  })

  test('reads the environment in config.ts alone', () => {
    const readers = sources.filter(({ text }) => /process\s*\.\s*env|node:process/.test(text))
    expect(readers.map(({ path }) => path)).toEqual(['src/config.ts'])
  })

  test('has no barrels', () => {
    expect(sources.filter(({ name }) => name === 'index')).toEqual([])
    expect(
      sources
        .filter(({ text }) => /^export (type )?(\*|\{[^}]*\}) from/m.test(text))
        .map(({ path }) => path),
    ).toEqual([])
  })

  test('has a comment in 3 to 8 of 100 lines', () => {
    const lines = sources.flatMap(({ text }) => linesOf(text))
    const share = (lines.filter(isComment).length / lines.length) * 100
    expect(share).toBeGreaterThanOrEqual(3)
    expect(share).toBeLessThanOrEqual(8)
  })
})

test('no file of tests has more than 400 lines', () => {
  const long = tests.filter(({ text }) => linesOf(text).length > 400)
  expect(long.map(({ path }) => path)).toEqual([])
})

test('nothing is named for holding anything', () => {
  const vague = /(^|[/.-])(utils?|lib|common|shared|helpers?|misc)([/.-]|$)/
  const paths = [...sources, ...tests].map(({ path }) => path)
  expect(paths.filter((path) => vague.test(path))).toEqual([])
  expect(vague.test('src/deal/date-utils.ts')).toBe(true)
})
