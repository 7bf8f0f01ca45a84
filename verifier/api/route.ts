/** One endpoint of the API as a route: its arguments are checked, and an answer that has not changed is not sent again. */
import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import type { z } from 'zod'
import type { Asked, Endpoint } from '../evidence/schema/endpoints.js'
import { Problem } from './problem.js'

/** Requests that are worked on at once. The others are told to come again. */
const MAX_AT_ONCE = 64

type Answered<E extends Endpoint> = z.infer<E['answer']>

/** An answer that changes only with its tag. `make` runs only if the caller does not have it. */
export class Tagged<T> {
  constructor(
    readonly tag: string,
    readonly make: () => Promise<T> | T,
  ) {}
}

export type Handler<E extends Endpoint> = (asked: Asked<E>) => Promise<Answered<E> | Tagged<Answered<E>>> | Answered<E>

/** Adds an endpoint to the server. */
export type AddRoute = <E extends Endpoint>(endpoint: E, handler: Handler<E>) => void

/** @throws Problem 'overloaded' in every route beyond the first 64 that are at work */
export function routesOf(app: FastifyInstance): AddRoute {
  let working = 0
  return (endpoint, handler) => {
    app.get(pathIn(endpoint), async (request, reply) => {
      const asked = askedOf(endpoint, request)
      if (working >= MAX_AT_ONCE) {
        reply.header('retry-after', '1')
        throw new Problem('overloaded', `The node works on ${working} requests. Try again in a second.`)
      }
      working++
      try {
        return await answer(await handler(asked), request, reply)
      } finally {
        working--
      }
    })
  }
}

/** The path as the server writes it. */
export const pathIn = ({ path }: Pick<Endpoint, 'path'>): string => path.replaceAll(/\{(\w+)\}/g, ':$1')

/** @throws Problem that says what an argument must be */
export function askedOf<E extends Endpoint>(endpoint: E, { params, query }: FastifyRequest): Asked<E> {
  return { ...checked(endpoint.params, params), ...checked(endpoint.query, query) } as Asked<E>
}

function checked<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given)
  if (parsed.success) return parsed.data
  const issue = parsed.error.issues[0]!
  if (issue.code === 'unrecognized_keys')
    throw new Problem('invalid-request', `There is no parameter ${JSON.stringify(issue.keys[0])} here. Leave it out.`)
  const [name] = issue.path as [string]
  const value = JSON.stringify((given as Record<string, unknown>)[name])
  throw new Problem('invalid-request', `${name} ${value} ${issue.message}`)
}

async function answer(made: unknown, { headers }: FastifyRequest, reply: FastifyReply): Promise<FastifyReply> {
  const known = headers['if-none-match']
  reply.header('cache-control', 'no-cache')
  if (made instanceof Tagged) {
    reply.header('etag', `"${made.tag}"`)
    if (isKnown(known, made.tag)) return reply.code(304).send()
    return reply.type('application/json').send(JSON.stringify(await made.make()))
  }
  const body = JSON.stringify(made)
  const tag = createHash('sha1').update(body).digest('base64url')
  reply.header('etag', `"${tag}"`)
  return isKnown(known, tag) ? reply.code(304).send() : reply.type('application/json').send(body)
}

/** @param known the header: tags with commas between them, each perhaps weak */
const isKnown = (known: string | undefined, tag: string): boolean =>
  known?.split(',').some(one => one.trim().replace(/^W\//, '') === `"${tag}"`) ?? false
