/**
 * The HTTP API of a verifier: its paths, the JSON that each answers with, and how large that may be. The server and
 * every client take them from here. A path has at most one argument, which arguments.ts describes.
 */
import { z } from 'zod'
import { networkFileSchema } from '../../config/network-file.js'
import { evidenceSchema } from './evidence.js'
import { providersSchema, settlementsSchema } from './providers.js'
import { reportSchema } from './report.js'
import { rewardsSchema } from './rewards.js'
import { statusSchema } from './status.js'
import { openingFaultsSchema, transcriptSchema } from './transcript.js'

export interface Endpoint<T extends z.ZodType = z.ZodType> {
  readonly path: `/v1/${string}`
  /** what it answers with, in words */
  readonly title: string
  readonly answer: T
  /** An honest answer is shorter. */
  readonly maxBytes: number
}

const MIB = 2 ** 20
const SMALL_BYTES = MIB
/** Ten thousand providers, with their addresses. */
const LIST_BYTES = 16 * MIB
/** Thirty thousand votes, or all chunks of a soak at 10 Gbit/s. */
const EVIDENCE_BYTES = 64 * MIB

export const ENDPOINTS = {
  status: { path: '/v1/status', title: 'its status', answer: statusSchema, maxBytes: SMALL_BYTES },
  network: { path: '/v1/network', title: 'its network file', answer: networkFileSchema, maxBytes: SMALL_BYTES },
  providers: { path: '/v1/providers', title: 'the providers', answer: providersSchema, maxBytes: LIST_BYTES },
  report: { path: '/v1/reports/:epoch', title: 'a report', answer: reportSchema, maxBytes: LIST_BYTES },
  evidence: {
    path: '/v1/evidence/:epoch',
    title: 'the evidence of an epoch',
    answer: evidenceSchema,
    maxBytes: EVIDENCE_BYTES,
  },
  rewards: {
    path: '/v1/rewards/:epoch',
    title: 'the rewards that a report shows',
    answer: rewardsSchema,
    maxBytes: LIST_BYTES,
  },
  settlements: {
    path: '/v1/settlements/:provider',
    title: 'the penalties of a provider',
    answer: settlementsSchema,
    maxBytes: LIST_BYTES,
  },
  transcript: {
    path: '/v1/transcripts/:session',
    title: 'a transcript',
    answer: transcriptSchema,
    maxBytes: EVIDENCE_BYTES,
  },
  openingFaults: {
    path: '/v1/opening-faults',
    title: 'opening faults',
    answer: openingFaultsSchema,
    maxBytes: LIST_BYTES,
  },
} as const satisfies Record<string, Endpoint>

/** What every answer that is no success says. */
export const errorSchema = z.object({ error: z.string() })
export type ErrorJson = z.infer<typeof errorSchema>

/** The path with its argument in place. */
export const pathOf = ({ path }: Endpoint, argument = ''): string =>
  path.replace(/:\w+$/, () => encodeURIComponent(argument))
