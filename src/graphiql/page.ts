import type { GraphiQLOptions } from 'graphql-yoga'
import { exampleTabs } from './tabs.ts'

const localHosts = ['localhost', '127.0.0.1', '[::1]']

/**
 * The GraphiQL page, served from the package. The demo key is filled in only for a page asked for
 * under a local name, so that no other host name that leads here can read it.
 */
export function graphiqlOptions(request: Request, demoKey: string | null): GraphiQLOptions {
  const headers = { Authorization: `Bearer ${demoKey && isLocal(request) ? demoKey : 'dg_…'}` }
  return {
    title: 'Dealgraph',
    headers: JSON.stringify(headers, null, 2),
    shouldPersistHeaders: false,
    defaultTabs: exampleTabs.map((tab) => ({
      query: tab.query,
      headers: JSON.stringify(headers, null, 2),
      ...(tab.variables && { variables: JSON.stringify(tab.variables, null, 2) }),
    })),
  }
}

function isLocal(request: Request): boolean {
  return localHosts.includes(new URL(request.url).hostname)
}
