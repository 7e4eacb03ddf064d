import { readFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { Hono } from 'hono'

const packages = createRequire(import.meta.url)

export const referencePath = '/reference'

interface NamedDocument {
  name: string
  /** Where its OpenAPI document is. */
  url: string
}

/** The files that the page needs, all from the package: it asks nobody else for anything. */
const files: Record<string, string> = {
  'swagger-ui.css': 'text/css',
  'index.css': 'text/css',
  'swagger-ui-bundle.js': 'text/javascript',
  'swagger-ui-standalone-preset.js': 'text/javascript',
}

const policy =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

/** Swagger UI over the documents, where people read about routes and try them with a key. */
export function createReference(documents: readonly NamedDocument[]): Hono {
  const app = new Hono()
  app.get('/', (c) => {
    c.header('content-security-policy', policy)
    return c.html(page)
  })
  app.get('/page.js', (c) => {
    c.header('content-type', 'text/javascript; charset=utf-8')
    return c.body(scriptFor(documents))
  })
  for (const [name, type] of Object.entries(files)) {
    app.get(`/${name}`, async (c) => {
      c.header('content-type', `${type}; charset=utf-8`)
      c.header('cache-control', 'public, max-age=86400')
      return c.body(await readFile(packages.resolve(`swagger-ui-dist/${name}`)))
    })
  }
  return app
}

const page = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Dealgraph REST</title>
    <link rel="icon" href="data:,">
    <link rel="stylesheet" href="${referencePath}/swagger-ui.css">
    <link rel="stylesheet" href="${referencePath}/index.css">
  </head>
  <body>
    <div id="page"></div>
    <script src="${referencePath}/swagger-ui-bundle.js"></script>
    <script src="${referencePath}/swagger-ui-standalone-preset.js"></script>
    <script src="${referencePath}/page.js"></script>
  </body>
</html>
`

function scriptFor(documents: readonly NamedDocument[]): string {
  return `SwaggerUIBundle({
  urls: ${JSON.stringify(documents)},
  dom_id: '#page',
  deepLinking: true,
  validatorUrl: null,
  presets: [SwaggerUIBundle.presets.apis, SwaggerUIStandalonePreset],
  layout: 'StandaloneLayout',
})
`
}
