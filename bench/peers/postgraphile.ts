import { createServer, type IncomingMessage } from 'node:http'
import { grafserv } from 'grafserv/node'
import { postgraphile } from 'postgraphile'
import { makePgService } from 'postgraphile/adaptors/pg'
import { PostGraphileAmberPreset } from 'postgraphile/presets/amber'

// PostGraphile 5 as it is run in production: no page for browsers, no watching, statements prepared and plans kept, as
// are its defaults. The tenant is told by a header, where a gateway of one's own would have checked a token before it.

const preset = {
  extends: [PostGraphileAmberPreset],
  // Orders by a column that is not the first of an index are offered too: in all of them the tenant is.
  disablePlugins: ['PgIndexBehaviorsPlugin'],
  pgServices: [
    makePgService({
      connectionString: process.env.DATABASE_URL as string,
      poolConfig: { max: 10 },
      schemas: ['public', 'bench'],
    }),
  ],
  gather: { pgStrictFunctions: true },
  grafserv: {
    port: Number(process.env.PORT),
    graphqlPath: '/graphql',
    graphqlOverGET: true,
    graphiql: false,
    watch: false,
    websockets: false,
  },
  grafast: {
    context(requestContext: { node?: { req: IncomingMessage } }) {
      const tenant = requestContext.node?.req.headers['x-tenant']
      return {
        pgSettings: {
          role: 'dealgraph_app',
          'app.tenant_id': String(tenant),
          'app.deals_of': 'all',
        },
      }
    },
    explain: false,
  },
}

const instance = postgraphile(preset)
const server = createServer()
const serv = instance.createServ(grafserv)
await instance.getSchema()
await serv.addTo(server)
server.listen(Number(process.env.PORT), '127.0.0.1')
process.once('SIGTERM', () => process.exit(0))
