/** The HTTP server of a node: loopback by default, JSON, read-only. An answer that is no success is `{ error }`. */
import fastify, { type FastifyError, type FastifyInstance } from 'fastify'
import type { Logger } from 'pino'
import { UserError } from '../config/errors.js'
import type { ErrorJson } from '../evidence/schema/endpoints.js'

/** Adds a node's routes to its server. */
export type Routes = (app: FastifyInstance) => void

export interface ApiServer {
  readonly url: string
  close(): Promise<void>
}

export interface ServerOptions {
  readonly host: string
  readonly port: number
  /** told of every request that fails through no fault of its sender */
  readonly logger?: Logger
}

/** The address of --api cannot be had: it is taken, not allowed, another machine's, or a name that stands for none. */
const NOT_LISTENED = ['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL', 'EINVAL', 'ENOTFOUND', 'EAI_AGAIN']

/** @throws UserError 'port-in-use' */
export async function serveApi({ host, port, logger }: ServerOptions, routes: Routes): Promise<ApiServer> {
  const app = fastify({ forceCloseConnections: true })
  app.setErrorHandler<FastifyError>((error, request, reply): ErrorJson => {
    const { statusCode = 500, message } = error
    reply.code(statusCode)
    if (statusCode < 500) return { error: message }
    logger?.error({ err: error, url: request.url }, 'a request to the API failed')
    return { error: 'The node could not answer. Its log says why; try again, or ask another node.' }
  })
  app.setNotFoundHandler((request, reply): ErrorJson => {
    reply.code(404)
    return { error: `There is no ${request.method} ${request.url}. See the API's documentation.` }
  })
  routes(app)
  try {
    const url = await app.listen({ host, port })
    return { url, close: () => app.close() }
  } catch (cause) {
    await app.close()
    const { code } = cause as NodeJS.ErrnoException
    if (code === undefined || !NOT_LISTENED.includes(code)) throw cause
    throw new UserError(
      'port-in-use',
      `The API cannot listen on ${host}:${port} (${code}). Choose another address with --api.`,
      { cause },
    )
  }
}
