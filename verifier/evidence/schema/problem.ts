/** What every answer that is no success says: RFC 9457, `application/problem+json`. */
import { z } from 'zod'

export const PROBLEM_MEDIA_TYPE = 'application/problem+json'

/** Kinds of problems, with their status and their title. A kind never changes its meaning. */
export const PROBLEMS = {
  'invalid-request': { status: 400, title: 'The request is not valid' },
  'no-such-path': { status: 404, title: 'There is no such path' },
  'not-found': { status: 404, title: 'There is no such thing' },
  'not-kept': { status: 404, title: 'This node does not keep it' },
  'read-only': { status: 405, title: 'The API is read-only' },
  'too-large': { status: 413, title: 'The answer would be too large' },
  'too-long': { status: 414, title: 'The URL is too long' },
  internal: { status: 500, title: 'The node could not answer' },
  overloaded: { status: 503, title: 'The node is busy' },
  'chain-silent': { status: 503, title: 'The chain does not answer' },
  'peers-silent': { status: 503, title: 'No verifier gives it' },
  'not-ready': { status: 503, title: 'The node is not ready' },
} as const
export type ProblemKind = keyof typeof PROBLEMS

const PREFIX = 'urn:bandwitness:problem:'

export const problemSchema = z.object({
  /** names the kind, for programs */
  type: z.templateLiteral([PREFIX, z.enum(Object.keys(PROBLEMS) as [ProblemKind, ...ProblemKind[]])]),
  title: z.string(),
  status: z.int().min(400).max(599),
  /** what is wrong and what to do, in a sentence for people */
  detail: z.string(),
})
export type ProblemJson = z.infer<typeof problemSchema>

export const problemOf = (kind: ProblemKind, detail: string): ProblemJson => ({
  type: `${PREFIX}${kind}`,
  ...PROBLEMS[kind],
  detail,
})

export const kindOf = ({ type }: ProblemJson): ProblemKind => type.slice(PREFIX.length) as ProblemKind
