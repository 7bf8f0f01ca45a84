/** What the page asks the node that serves it. */
import type { z } from 'zod'
import { type Answer, type CallOptions, connect, ENDPOINTS, type Endpoint, type RequestOf } from '../../client/index.js'
import type { NetworkFile } from '../../config/network-schema.js'
import { askAgain } from './live.js'

/** The node is busy, or waits for others. */
const UNAVAILABLE = 503

const api = connect(location.origin)

type Ask = <E extends Endpoint>(
  endpoint: E,
  request: RequestOf<E> | undefined,
  options: CallOptions,
) => Promise<Answer<z.infer<E['answer']>>>

/** @throws Error with a sentence for the reader; the signal's reason */
export async function get<E extends Endpoint>(
  endpoint: E,
  signal: AbortSignal,
  ...[request]: Record<never, never> extends RequestOf<E> ? [request?: RequestOf<E>] : [RequestOf<E>]
): Promise<z.infer<E['answer']>> {
  return valueFrom(await (api.ask as Ask)(endpoint, request, { signal }))
}

/** @throws Error with a sentence for the reader */
function valueFrom<T>(answer: Answer<T>): T {
  switch (answer.kind) {
    case 'answer':
      return answer.value
    case 'refused':
      if (answer.status === UNAVAILABLE) askAgain()
      throw new Error(answer.error)
    case 'silent':
      askAgain()
      throw new Error('The verifier does not answer. The page asks again in some seconds.', { cause: answer.cause })
    case 'unusable':
      throw new Error(`The verifier gives an answer of no use (${answer.fault}). Ask another verifier.`)
  }
}

/** Undefined for what has not the form of a verifier's answer: a provider's node serves the page, too. */
export async function getOfVerifier<E extends Endpoint>(
  endpoint: E,
  signal: AbortSignal,
): Promise<z.infer<E['answer']> | undefined> {
  const answer = await (api.ask as Ask)(endpoint, undefined, { signal })
  return answer.kind === 'unusable' ? undefined : valueFrom(answer)
}

const NETWORK_MS = 10_000
let network: Promise<NetworkFile> | undefined

/** The network file never changes. */
export function getNetwork(): Promise<NetworkFile> {
  network ??= get(ENDPOINTS.network, AbortSignal.timeout(NETWORK_MS)).catch((cause: Error) => {
    network = undefined
    throw cause
  })
  return network
}
