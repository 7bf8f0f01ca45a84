/**
 * The HTTP server of a node: loopback by default, JSON, read-only. An answer that is no success is a problem, as in
 * evidence/schema/problem.ts.
 */
import type { Socket } from 'node:net'
import fastify, { type FastifyError, type FastifyInstance, type FastifyReply } from 'fastify'
import type { Logger } from 'pino'
import { UserError } from '../config/errors.js'
import { PROBLEM_MEDIA_TYPE, problemOf } from '../evidence/schema/problem.js'
import { problemFrom, sendProblem } from './problem.js'

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

/** The longest URL that the API describes has 400 characters. */
const MAX_URL_CHARACTERS = 2048
const MAX_CONNECTIONS = 512
/** For the head of a request. No request has a body. */
const REQUEST_MS = 10_000
const IDLE_MS = 10_000

/** @throws UserError 'port-in-use' */
export async function serveApi({ host, port, logger }: ServerOptions, routes: Routes): Promise<ApiServer> {
  const app = fastify({
    forceCloseConnections: true,
    requestTimeout: REQUEST_MS,
    keepAliveTimeout: IDLE_MS,
    routerOptions: { maxParamLength: MAX_URL_CHARACTERS },
    frameworkErrors: (error, _request, reply) => void sendProblem(reply, problemFrom(error)),
    clientErrorHandler,
  })
  app.server.maxConnections = MAX_CONNECTIONS
  app.addHook('onRequest', async (request, reply) => {
    if (isQueued(reply)) {
      reply.hijack()
      request.raw.socket.destroy()
      return
    }
    if (request.method !== 'GET' && request.method !== 'HEAD') {
      reply.header('allow', 'GET, HEAD').header('connection', 'close')
      return sendProblem(reply, problemOf('read-only', `The API has no ${request.method}. It answers GET and HEAD.`))
    }
    if (request.url.length > MAX_URL_CHARACTERS) {
      const detail = `The URL has ${request.url.length} characters. Give at most ${MAX_URL_CHARACTERS}.`
      return sendProblem(reply, problemOf('too-long', detail))
    }
  })
  app.setErrorHandler<FastifyError>((error, request, reply) => {
    const problem = problemFrom(error)
    if (problem.status === 500) logger?.error({ err: error, url: request.url }, 'a request to the API failed')
    return sendProblem(reply, problem)
  })
  app.setNotFoundHandler((request, reply) =>
    sendProblem(
      reply,
      problemOf('no-such-path', `There is no ${request.method} ${request.url}. /openapi.json describes the API.`),
    ),
  )
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

/**
 * Whether an earlier answer on the connection is not over. Behind a stream of events this one would wait for ever. Nothing
 * would tell the routes that it has ended, not even the end of the connection, and they would count it as long as the node runs.
 */
const isQueued = ({ raw }: FastifyReply): boolean => raw.socket === null

/** Bytes that are no HTTP end their own connection alone. */
function clientErrorHandler({ code }: NodeJS.ErrnoException, socket: Socket): void {
  if (code === 'ECONNRESET' || socket.destroyed) return
  const body = JSON.stringify(problemOf('invalid-request', 'This is not an HTTP request that the node can read.'))
  if (socket.writable)
    socket.write(
      `HTTP/1.1 400 Bad Request\r\nContent-Type: ${PROBLEM_MEDIA_TYPE}\r\nContent-Length: ${body.length}\r\nConnection: close\r\n\r\n${body}`,
    )
  socket.destroySoon()
}
