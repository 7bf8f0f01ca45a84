/** Requests that get no answer, and why. */
import type { FastifyReply } from 'fastify'
import { RpcFault } from '../chain/rpc-fault.js'
import { PROBLEM_MEDIA_TYPE, type ProblemJson, type ProblemKind, problemOf } from '../evidence/schema/problem.js'

/** Thrown by a route instead of an answer. */
export class Problem extends Error {
  override readonly name = 'Problem'

  /** @param detail a sentence for people: what is wrong, and what to do */
  constructor(
    readonly kind: ProblemKind,
    detail: string,
  ) {
    super(detail)
  }
}

/** What the chain's RPC said may name a private address, so only the status of the node tells it. */
const CHAIN_FAILS = 'The chain does not answer this node as it should. Try again later, or ask another verifier.'
const NODE_FAILS = 'The node could not answer. Its log says why; try again, or ask another node.'

/** @param error of a route, or of the server itself */
export function problemFrom(error: Error & { readonly statusCode?: number }): ProblemJson {
  if (error instanceof Problem) return problemOf(error.kind, error.message)
  if (error instanceof RpcFault) return problemOf('chain-silent', CHAIN_FAILS)
  const { statusCode = 500, message } = error
  return statusCode < 500
    ? problemOf('invalid-request', `${message.replace(/\.$/, '')}.`)
    : problemOf('internal', NODE_FAILS)
}

export const sendProblem = (reply: FastifyReply, problem: ProblemJson): FastifyReply =>
  reply.code(problem.status).type(PROBLEM_MEDIA_TYPE).send(JSON.stringify(problem))
