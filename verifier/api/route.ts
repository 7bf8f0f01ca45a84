/** One endpoint of the API as a route: its arguments are checked, and an answer that has not changed is not sent again. */
import { createHash } from 'node:crypto'
import { Readable } from 'node:stream'
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

/** An answer that is written as it is read. */
export class Streamed<T> {
  declare readonly answer: T

  /** @param json one JSON text in pieces */
  constructor(readonly json: AsyncIterable<string>) {}
}

type Made<T> = T | Streamed<T>

export type Handler<E extends Endpoint> = (
  asked: Asked<E>,
) => Promise<Answered<E> | Tagged<Made<Answered<E>>>> | Answered<E>

/** Adds an endpoint to the server. */
export type AddRoute = <E extends Endpoint>(endpoint: E, handler: Handler<E>) => void

/** @throws Problem 'overloaded' in every route beyond the first 64 that are at work; 'too-large' */
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
      reply.raw.once('close', () => working--)
      return answer(endpoint, await handler(asked), request, reply)
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

async function answer(
  { maxBytes }: Pick<Endpoint, 'maxBytes'>,
  made: unknown,
  { headers }: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const known = headers['if-none-match']
  reply.header('cache-control', 'no-cache')
  if (made instanceof Tagged) {
    if (isKnown(known, made.tag)) return tagged(reply, made.tag).code(304).send()
    const body: unknown = await made.make()
    const json = body instanceof Streamed ? Readable.from(body.json) : bounded(JSON.stringify(body), maxBytes)
    return tagged(reply, made.tag).type('application/json').send(json)
  }
  const body = bounded(JSON.stringify(made), maxBytes)
  const tag = createHash('sha1').update(body).digest('base64url')
  return isKnown(known, tag)
    ? tagged(reply, tag).code(304).send()
    : tagged(reply, tag).type('application/json').send(body)
}

const tagged = (reply: FastifyReply, tag: string): FastifyReply => reply.header('etag', `"${tag}"`)

/** Routes whose answers grow with the network refuse before they make one. @throws Problem 'too-large' */
function bounded(json: string, maxBytes: number): string {
  if (json.length <= maxBytes) return json
  throw new Problem('too-large', `This would be an answer of ${Math.ceil(json.length / 1e6)} MB. Ask for less.`)
}

/** @param known the header: tags with commas between them, each perhaps weak */
const isKnown = (known: string | undefined, tag: string): boolean =>
  known?.split(',').some(one => one.trim().replace(/^W\//, '') === `"${tag}"`) ?? false
