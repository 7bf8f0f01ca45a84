/** Asks a verifier for a person: whatever goes wrong is one line that says what to do. */
import type { z } from 'zod'
import { type Answer, type Client, connect, type Endpoint, type RequestOf } from '../client/index.js'
import { UserError } from '../config/errors.js'

export const DEFAULT_API_URL = 'http://127.0.0.1:7380'
const NOT_FOUND = 404

type Refusal = Extract<Answer<unknown>, { readonly kind: 'refused' }>

/** Option of commands that ask a node. */
export const API_OPTION = {
  api: { type: 'string', default: DEFAULT_API_URL, describe: "URL of a node's API" },
} as const

/** Undefined for what the verifier does not hold. @throws UserError as `askApi` */
export const askApiIfKept = <E extends Endpoint>(apiUrl: string, endpoint: E, request: RequestOf<E>) =>
  askApiUnless(({ status }) => status === NOT_FOUND, apiUrl, endpoint, request)

/** Undefined for what does not exist, as far as the node knows. @throws UserError as `askApi` */
export const askApiIfKnown = <E extends Endpoint>(apiUrl: string, endpoint: E, request: RequestOf<E>) =>
  askApiUnless(({ problem }) => problem === 'not-found', apiUrl, endpoint, request)

async function askApiUnless<E extends Endpoint>(
  isNothing: (refusal: Refusal) => boolean,
  apiUrl: string,
  endpoint: E,
  request: RequestOf<E>,
): Promise<z.infer<E['answer']> | undefined> {
  const answer = await answerOf(apiUrl, endpoint, request)
  return answer.kind === 'refused' && isNothing(answer) ? undefined : acceptedOf(answer, apiUrl, endpoint)
}

/** @throws UserError 'usage' for what is no URL, 'configuration' where the verifier gives no answer of use */
export async function askApi<E extends Endpoint>(
  apiUrl: string,
  endpoint: E,
  ...[request]: Record<never, never> extends RequestOf<E> ? [request?: RequestOf<E>] : [request: RequestOf<E>]
): Promise<z.infer<E['answer']>> {
  return acceptedOf(await answerOf(apiUrl, endpoint, request as RequestOf<E>), apiUrl, endpoint)
}

/** @throws UserError 'usage' for what is no URL */
export function apiAt(apiUrl: string): Client {
  if (!URL.canParse('/', apiUrl))
    throw new UserError('usage', `--api ${apiUrl} is not a URL. Give one such as ${DEFAULT_API_URL}.`)
  return connect(apiUrl)
}

const answerOf = <E extends Endpoint>(apiUrl: string, endpoint: E, request: RequestOf<E>) =>
  (apiAt(apiUrl).ask as (e: E, r: RequestOf<E>) => Promise<Answer<z.infer<E['answer']>>>)(endpoint, request)

/** @throws UserError 'configuration' where the verifier gives no answer of use */
export function acceptedOf<T>(answer: Answer<T>, apiUrl: string, { title }: Pick<Endpoint, 'title'>): T {
  switch (answer.kind) {
    case 'answer':
      return answer.value
    case 'silent':
      throw new UserError(
        'configuration',
        `No node answers at ${apiUrl}. Start one, or pass the URL of a running node with --api.`,
        { cause: answer.cause },
      )
    case 'refused':
      throw new UserError('configuration', `The node at ${apiUrl} answers ${answer.status}: ${answer.error}`)
    case 'unusable':
      throw new UserError(
        'configuration',
        `The answer of ${apiUrl} is not ${title} (${answer.fault}). Pass the URL of another node with --api.`,
      )
  }
}
