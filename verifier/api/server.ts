/** The HTTP server of a node: loopback by default, JSON, read-only. */
import fastify, { type FastifyInstance } from 'fastify'
import { UserError } from '../config/errors.js'

/** Adds a node's routes to its server. */
export type Routes = (app: FastifyInstance) => void

export interface ApiServer {
  readonly url: string
  close(): Promise<void>
}

/** @throws UserError 'port-in-use' */
export async function serveApi(
  { host, port }: { readonly host: string; readonly port: number },
  routes: Routes,
): Promise<ApiServer> {
  const app = fastify({ forceCloseConnections: true })
  app.setReplySerializer(payload =>
    JSON.stringify(payload, (_, value) => (typeof value === 'bigint' ? value.toString() : value)),
  )
  routes(app)
  try {
    const url = await app.listen({ host, port })
    return { url, close: () => app.close() }
  } catch (cause) {
    await app.close()
    const { code } = cause as NodeJS.ErrnoException
    if (code !== 'EADDRINUSE' && code !== 'EACCES' && code !== 'EADDRNOTAVAIL') throw cause
    throw new UserError(
      'port-in-use',
      `The API cannot listen on ${host}:${port} (${code}): choose another with --api.`,
      {
        cause,
      },
    )
  }
}
