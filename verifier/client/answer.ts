/** What comes of a request to a verifier's API. */
import type { z } from 'zod'
import type { Endpoint } from '../evidence/schema/endpoints.js'
import { kindOf, type ProblemKind, problemSchema } from '../evidence/schema/problem.js'

/**
 * silent: nobody answered in time. refused: the node says why it has no answer. unusable: what it sent is not what the
 * endpoint answers with. A new member must be handled in cli/api-client.ts.
 */
export type Unanswered =
  | { readonly kind: 'silent'; readonly cause: unknown }
  | {
      readonly kind: 'refused'
      readonly status: number
      readonly error: string
      readonly problem: ProblemKind | undefined
    }
  | { readonly kind: 'unusable'; readonly fault: string }

/** The answer counts only if it has the documented form and length. */
export type Answer<T> = { readonly kind: 'answer'; readonly value: T } | Unanswered

/** A request that got no answer of use. */
export class ApiError extends Error {
  override readonly name = 'ApiError'

  constructor(
    readonly apiUrl: string,
    readonly answer: Unanswered,
  ) {
    super(sentenceOf(apiUrl, answer), answer.kind === 'silent' ? { cause: answer.cause } : undefined)
  }
}

function sentenceOf(apiUrl: string, answer: Unanswered): string {
  switch (answer.kind) {
    case 'silent':
      return `No node answers at ${apiUrl}.`
    case 'refused':
      return `The node at ${apiUrl} answers ${answer.status}: ${answer.error}`
    case 'unusable':
      return `The answer of ${apiUrl} cannot be used (${answer.fault}).`
  }
}

export function answerOf<A extends z.ZodType>(
  { answer, maxBytes }: Pick<Endpoint<A>, 'answer' | 'maxBytes'>,
  { ok, status }: Pick<Response, 'ok' | 'status'>,
  body: string | undefined,
): Answer<z.infer<A>> {
  if (body === undefined) return { kind: 'unusable', fault: `more than ${maxBytes} bytes` }
  const json = parseJson(body)
  if (!ok) {
    const problem = problemSchema.safeParse(json).data
    return { kind: 'refused', status, error: problem?.detail ?? 'no reason given', problem: problem && kindOf(problem) }
  }
  if (json === undefined) return { kind: 'unusable', fault: 'no JSON' }
  return parsedBy(answer, json)
}

export function parsedBy<A extends z.ZodType>(schema: A, json: unknown): Answer<z.infer<A>> {
  const parsed = schema.safeParse(json)
  if (parsed.success) return { kind: 'answer', value: parsed.data }
  const { path, message } = parsed.error.issues[0]!
  return { kind: 'unusable', fault: path.length === 0 ? message : `${path.join('.')}: ${message}` }
}

export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
