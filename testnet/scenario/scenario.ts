/**
 * A scenario: a mix of nodes, faults on a timeline, and what must come of them. This is the form of its file; the defaults of
 * `bandwitness testnet` hold for what the file leaves out.
 */
import { z } from 'zod'
import { ATTACK_KINDS } from '../attacks/messages.js'
import { RPC_ANSWERS } from '../faults/rpc-fault.js'
import { PHASES, START } from './timeline.js'

const node = z.string().regex(/^(verifier|provider)-[1-9]\d*$/, 'must name a node, such as verifier-2')
const nodes = z.union([
  z.literal('all').transform(() => 'all' as const),
  node.transform(name => [name]),
  z.array(node).min(1),
])
export type NodeNames = z.output<typeof nodes>

const later = z.union([
  z.number().min(1),
  z
    .string()
    .regex(
      new RegExp(`^[1-9]\\d* (${PHASES.join('|')})$`),
      `must be an epoch, such as 2.5, or a phase, such as "2 ${PHASES[0]}"`,
    ),
])
const moment = z.union([z.literal(START), later])

const milliseconds = z.int()

/** What can happen, by the one word that names it in a file. */
const HAPPENINGS = {
  /** SIGKILL. The testnet starts the node again at `to`, or at once. */
  kill: nodes,
  /** SIGSTOP, and SIGCONT at the end. */
  pause: nodes,
  /** These nodes reach each other and nobody else. The others reach each other. */
  partition: nodes,
  /** Everything that a node sends or hears is late by so many milliseconds. */
  slow: z.strictObject({ of: nodes, ms: milliseconds.positive() }),
  /** The clock of the machine is wrong by so many milliseconds. */
  clock: z.strictObject({ of: nodes, ms: milliseconds }),
  /** No space is left for the node's data. */
  disk: nodes,
  /**
   * The data of a node are damaged until `to`. Or what is copied at `from` is put back at `to`: the database, the signing
   * record, or both.
   */
  data: z.strictObject({ of: nodes, become: z.enum(['damaged', 'old-database', 'old-record', 'old-both']) }),
  /** What the chain's node answers to these nodes. */
  rpc: z.strictObject({
    of: nodes,
    answers: z.union([z.enum(RPC_ANSWERS), z.int().transform(String)]).pipe(z.enum(RPC_ANSWERS)),
  }),
  /** The chain's process stands still, or is killed, until `to`. */
  chain: z.enum(['stopped', 'killed']),
  /** A flood, by an outsider or by a verifier of the profile `silent`. */
  attack: z.strictObject({ with: z.enum(ATTACK_KINDS), by: node.optional() }),
  /** The newest blocks, so many, are replaced by empty ones. */
  reorg: z.int().positive(),
} as const
export type Happening = keyof typeof HAPPENINGS
export const HAPPENING_NAMES = Object.keys(HAPPENINGS) as Happening[]

const faultSchema = z
  .strictObject({
    ...(Object.fromEntries(Object.entries(HAPPENINGS).map(([name, schema]) => [name, schema.optional()])) as {
      [K in Happening]: z.ZodOptional<(typeof HAPPENINGS)[K]>
    }),
    from: moment,
    to: later.optional(),
    /** Seconds. Instead of `to`. */
    for: z.number().positive().optional(),
  })
  .superRefine((fault, issues) => {
    const named = HAPPENING_NAMES.filter(name => fault[name] !== undefined)
    if (named.length !== 1) {
      issues.addIssue({ code: 'custom', message: `must hold exactly one of ${HAPPENING_NAMES.join(', ')}` })
    }
    if (fault.to !== undefined && fault.for !== undefined) {
      issues.addIssue({ code: 'custom', message: 'ends at `to` or after `for`, not both' })
    }
  })
export type PlannedFault = z.output<typeof faultSchema>

const expectationSchema = z.strictObject({
  /** Which epochs have a report: all, none, or all but these. */
  reports: z.union([z.enum(['all', 'none']), z.strictObject({ but: z.array(z.int().positive()) })]).default('all'),
  /** No report comes in a later leader round (the first is 0). */
  rounds: z.int().nonnegative().default(2),
  /** Providers that lose stake. No other does but those that may. */
  slashed: z.array(node).default([]),
  /** Providers that lose stake or not: the lot decides whether their fault shows in this time. */
  mayBeSlashed: z.array(node).default([]),
  /** Verifiers that lose bond, and nobody else. */
  convicted: z.array(node).default([]),
  /** Processes that end by themselves for good, with their exit codes. */
  ends: z.record(node, z.int()).default({}),
  /** Text, or several, each of which `/v1/status` of a node shows at some time. */
  status: z.record(node, z.union([z.string().transform(text => [text]), z.array(z.string()).min(1)])).default({}),
  /** Megabytes by which the memory of no honest verifier grows from the beginning of a fault on. */
  memory: z.int().positive().optional(),
})
export type Expectation = z.output<typeof expectationSchema>

export const scenarioSchema = z.strictObject({
  title: z.string().min(1),
  /** In one or two sentences: who does what, and why it does not pay. */
  about: z.string().min(1),
  verifiers: z.union([z.string(), z.int().transform(String)]).optional(),
  providers: z.union([z.string(), z.int().transform(String)]).optional(),
  claim: z.number().optional(),
  epochs: z.int().positive(),
  faults: z.array(faultSchema).default([]),
  expect: expectationSchema.prefault({}),
})
export type Scenario = z.output<typeof scenarioSchema>
