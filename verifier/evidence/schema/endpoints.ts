/**
 * The HTTP API of a verifier: its paths, what they take, the JSON that each answers with, and how large that may be. The
 * server, its description and every client take them from here.
 */
import { z } from 'zod'
import { networkFileSchema } from '../../config/network-schema.js'
import { epochArgument, sessionArgument } from './arguments.js'
import { ballotsQuery, ballotsSchema, epochPageSchema, epochParams, epochsQuery, epochsSchema } from './epochs.js'
import { eventSchema } from './events.js'
import { evidenceSchema } from './evidence.js'
import { explanationSchema } from './explanation.js'
import { proofParams, proofSchema } from './proof.js'
import { providerEvidenceParams, providerEvidenceSchema } from './provider-evidence.js'
import {
  historyQuery,
  historySchema,
  providerPageSchema,
  providerParams,
  providersQuery,
  providersSchema,
} from './providers.js'
import { reportSchema } from './report.js'
import { rewardsSchema } from './rewards.js'
import { healthSchema, openApiSchema, readySchema } from './service.js'
import { statusSchema } from './status.js'
import { openingFaultsSchema, transcriptSchema } from './transcript.js'
import { verifiersSchema } from './verifiers.js'

type Arguments = z.ZodObject<Record<string, z.ZodType>>

export interface Endpoint<
  A extends z.ZodType = z.ZodType,
  P extends Arguments = Arguments,
  Q extends Arguments = Arguments,
> {
  /** with its parameters in braces */
  readonly path: `/${string}`
  /** what it answers with, in words */
  readonly title: string
  readonly params: P
  readonly query: Q
  readonly answer: A
  /** A node refuses to send more, and a client to read more. */
  readonly maxBytes: number
}

const MIB = 2 ** 20
const SMALL_BYTES = MIB
/** Sixteen thousand leaves. */
const LIST_BYTES = 16 * MIB
/** Thirty thousand votes, or all chunks of a soak at 10 Gbit/s. */
const EVIDENCE_BYTES = 64 * MIB

/** 191 votes with their proofs, and as many in a window and in force as soaks. */
const PROVIDER_EVIDENCE_BYTES = 2 * MIB

const NONE = z.strictObject({})

type Described<A extends z.ZodType, P extends Arguments, Q extends Arguments> = Pick<
  Endpoint<A, P, Q>,
  'path' | 'title' | 'answer'
> &
  Partial<Endpoint<A, P, Q>>

const endpoint = <A extends z.ZodType, P extends Arguments = typeof NONE, Q extends Arguments = typeof NONE>(
  described: Described<A, P, Q>,
): Endpoint<A, P, Q> => ({
  params: NONE as unknown as P,
  query: NONE as unknown as Q,
  maxBytes: SMALL_BYTES,
  ...described,
})

export const ENDPOINTS = {
  status: endpoint({ path: '/v1/status', title: 'its status', answer: statusSchema }),
  network: endpoint({ path: '/v1/network', title: 'its network file', answer: networkFileSchema }),
  providers: endpoint({
    path: '/v1/providers',
    title: 'the providers',
    query: providersQuery,
    answer: providersSchema,
    maxBytes: LIST_BYTES,
  }),
  provider: endpoint({
    path: '/v1/providers/{provider}',
    title: 'a provider',
    params: providerParams,
    answer: providerPageSchema,
  }),
  explanation: endpoint({
    path: '/v1/providers/{provider}/explanation',
    title: 'why a provider has its score',
    params: providerParams,
    query: z.strictObject({ epoch: epochArgument.default('latest') }),
    answer: explanationSchema,
  }),
  history: endpoint({
    path: '/v1/providers/{provider}/history',
    title: 'the leaves of a provider',
    params: providerParams,
    query: historyQuery,
    answer: historySchema,
    maxBytes: LIST_BYTES,
  }),
  epochs: endpoint({ path: '/v1/epochs', title: 'the epochs', query: epochsQuery, answer: epochsSchema }),
  epoch: endpoint({
    path: '/v1/epochs/{epoch}',
    title: 'an epoch',
    params: epochParams,
    answer: epochPageSchema,
    maxBytes: LIST_BYTES,
  }),
  leaves: endpoint({
    path: '/v1/epochs/{epoch}/leaves',
    title: 'a report with its leaves',
    params: epochParams,
    answer: reportSchema,
    maxBytes: LIST_BYTES,
  }),
  ballots: endpoint({
    path: '/v1/epochs/{epoch}/ballots',
    title: 'the ballots of an epoch',
    params: epochParams,
    query: ballotsQuery,
    answer: ballotsSchema,
    maxBytes: EVIDENCE_BYTES,
  }),
  evidence: endpoint({
    path: '/v1/epochs/{epoch}/evidence',
    title: 'the evidence of an epoch',
    params: epochParams,
    answer: evidenceSchema,
    maxBytes: EVIDENCE_BYTES,
  }),
  providerEvidence: endpoint({
    path: '/v1/epochs/{epoch}/evidence/{provider}',
    title: 'the evidence of one provider in an epoch',
    params: providerEvidenceParams,
    answer: providerEvidenceSchema,
    maxBytes: PROVIDER_EVIDENCE_BYTES,
  }),
  rewards: endpoint({
    path: '/v1/epochs/{epoch}/rewards',
    title: 'the rewards that a report shows',
    params: epochParams,
    answer: rewardsSchema,
    maxBytes: LIST_BYTES,
  }),
  verifiers: endpoint({ path: '/v1/verifiers', title: 'the verifiers', answer: verifiersSchema }),
  proof: endpoint({
    path: '/v1/proofs/{provider}/{epoch}',
    title: 'a leaf with its proof',
    params: proofParams,
    answer: proofSchema,
  }),
  transcript: endpoint({
    path: '/v1/transcripts/{session}',
    title: 'a transcript',
    params: z.strictObject({ session: sessionArgument }),
    answer: transcriptSchema,
    maxBytes: EVIDENCE_BYTES,
  }),
  openingFaults: endpoint({
    path: '/v1/opening-faults',
    title: 'opening faults',
    answer: openingFaultsSchema,
    maxBytes: LIST_BYTES,
  }),
  health: endpoint({ path: '/health', title: 'whether the process is up', answer: healthSchema }),
  ready: endpoint({ path: '/ready', title: 'whether the node is of use', answer: readySchema }),
  openApi: endpoint({ path: '/openapi.json', title: 'a description of this API', answer: openApiSchema }),
} as const

/** The one path that answers with a stream of events instead of JSON. `answer` is the form of one event. */
export const EVENTS = endpoint({ path: '/v1/events', title: 'events', answer: eventSchema })

type Values<S extends Arguments> = { [K in keyof S['shape']]: z.output<S['shape'][K]> }

/** What a caller of an endpoint gives: all parameters of its path, and those of its query as needed. */
export type RequestOf<E extends Endpoint> = Values<E['params']> & Partial<Values<E['query']>>

/** What the server makes of it. */
export type Asked<E extends Endpoint> = Values<E['params']> & Values<E['query']>

/** Path and query, with the arguments in place. */
export function urlOf({ path, params }: Endpoint, request: Readonly<Record<string, unknown>> = {}): string {
  const filled = path.replaceAll(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(String(request[name])))
  const query = Object.entries(request).filter(([name, value]) => value !== undefined && !(name in params.shape))
  const search = new URLSearchParams(Object.fromEntries(query.map(([name, value]) => [name, String(value)]))).toString()
  return search === '' ? filled : `${filled}?${search}`
}
