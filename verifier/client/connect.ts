import type { z } from 'zod'
import { type Endpoint, EVENTS, type RequestOf, urlOf } from '../evidence/schema/endpoints.js'
import type { EventJson } from '../evidence/schema/events.js'
import { type Answer, ApiError, answerOf, parsedBy, parseJson } from './answer.js'
import { textOf } from './body.js'
import { dataOf } from './event-stream.js'

const TIMEOUT_MS = 10_000
/** The server sends at least a comment every 15 seconds. */
const EVENT_SILENCE_MS = 45_000
/** Of a list. A network of a hundred thousand providers has fewer pages of the usual length. */
const MAX_PAGES = 2000

export interface ConnectOptions {
  /** for a whole answer (default: 10 seconds) */
  readonly timeoutMs?: number
}

export interface CallOptions {
  readonly signal?: AbortSignal
}

type OptionalIfEmpty<R> = Record<never, never> extends R ? [request?: R, options?: CallOptions] : [R, CallOptions?]

/** What an endpoint is called with: its parameters by name, optional if none is needed. */
type Call<E extends Endpoint> = OptionalIfEmpty<RequestOf<E>>
type AnswerOf<E extends Endpoint> = z.infer<E['answer']>

/** An endpoint that answers with one page of a list. */
type Paged = Endpoint<z.ZodType<{ readonly items: readonly unknown[]; readonly next: string | number | null }>>

export interface Client {
  readonly apiUrl: string
  /** @throws the signal's reason, once it is aborted */
  ask<E extends Endpoint>(endpoint: E, ...call: Call<E>): Promise<Answer<AnswerOf<E>>>
  /** @throws ApiError for no answer of use; the signal's reason */
  get<E extends Endpoint>(endpoint: E, ...call: Call<E>): Promise<AnswerOf<E>>
  /** Every item of a list, page after page. @throws as `get` */
  items<E extends Paged>(endpoint: E, ...call: Call<E>): AsyncGenerator<AnswerOf<E>['items'][number], void>
  /** Events as they happen, until the verifier ends the stream. @throws as `get` */
  events(options?: CallOptions): AsyncGenerator<EventJson, void>
}

/** @param apiUrl of a verifier, such as `http://127.0.0.1:7380`. @throws TypeError for what is no URL */
export function connect(apiUrl: string | URL, { timeoutMs = TIMEOUT_MS }: ConnectOptions = {}): Client {
  const base = new URL('/', apiUrl)
  const origin = String(apiUrl)

  async function ask<E extends Endpoint>(endpoint: E, ...call: Call<E>): Promise<Answer<AnswerOf<E>>> {
    const [request, { signal } = {}] = call
    const limit = AbortSignal.timeout(timeoutMs)
    try {
      const either = signal === undefined ? limit : AbortSignal.any([limit, signal])
      const response = await fetch(new URL(urlOf(endpoint, request), base), { signal: either })
      return answerOf(endpoint, response, await textOf(response, endpoint.maxBytes)) as Answer<AnswerOf<E>>
    } catch (cause) {
      signal?.throwIfAborted()
      return { kind: 'silent', cause }
    }
  }

  async function get<E extends Endpoint>(endpoint: E, ...call: Call<E>): Promise<AnswerOf<E>> {
    const answer = await ask(endpoint, ...call)
    if (answer.kind === 'answer') return answer.value
    throw new ApiError(origin, answer)
  }

  async function* items<E extends Paged>(endpoint: E, ...call: Call<E>) {
    const [request, options] = call
    let cursor: string | number | undefined
    for (let page = 0; page < MAX_PAGES; page++) {
      const paged = [{ ...request, ...(cursor !== undefined && { cursor }) }, options] as unknown as Call<E>
      const { items, next } = await get(endpoint, ...paged)
      yield* items
      if (next === null) return
      cursor = next
    }
    throw new ApiError(origin, { kind: 'unusable', fault: `more than ${MAX_PAGES} pages` })
  }

  async function* events({ signal }: CallOptions = {}): AsyncGenerator<EventJson, void> {
    const silence = new AbortController()
    const wait = () => setTimeout(() => silence.abort(new Error('no event and no comment')), EVENT_SILENCE_MS)
    let timer = wait()
    const heard = () => {
      clearTimeout(timer)
      timer = wait()
    }
    try {
      const either = signal === undefined ? silence.signal : AbortSignal.any([silence.signal, signal])
      const response = await fetch(new URL(EVENTS.path, base), { signal: either })
      if (!response.ok || response.body === null) {
        const answer = answerOf(EVENTS, { ok: false, status: response.status }, await textOf(response, EVENTS.maxBytes))
        throw new ApiError(origin, answer as Exclude<typeof answer, { kind: 'answer' }>)
      }
      for await (const data of dataOf(response.body, heard)) {
        const event = parsedBy(EVENTS.answer, parseJson(data))
        if (event.kind !== 'answer') throw new ApiError(origin, event)
        yield event.value
      }
    } catch (cause) {
      signal?.throwIfAborted()
      throw cause instanceof ApiError ? cause : new ApiError(origin, { kind: 'silent', cause })
    } finally {
      clearTimeout(timer)
      silence.abort()
    }
  }

  return { apiUrl: origin, ask, get, items, events }
}
