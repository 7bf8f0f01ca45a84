/** `explain --rewards`: fetches what the rewards of an account follow from, report by report, and computes them again. */
import { UserError } from '../config/errors.js'
import { checkHeader } from '../evidence/recompute.js'
import { rewardsExplanation } from '../evidence/rewards-explanation.js'
import { type Replay, replayRewards } from '../evidence/rewards-replay.js'
import { epochArgument } from '../evidence/schema/arguments.js'
import { ENDPOINTS } from '../evidence/schema/endpoints.js'
import type { EvidenceJson } from '../evidence/schema/evidence.js'
import type { RewardsExplanationJson, RewardsJson } from '../evidence/schema/rewards.js'
import { askApi, askApiIfKept } from './api-client.js'
import { argumentOf } from './argument.js'
import { askChain } from './chain-option.js'
import { accountOf, namedAccount } from './provider-argument.js'

interface Flags {
  readonly api: string
  /** the account */
  readonly provider?: string | undefined
  readonly epoch: string
  readonly reports: number
  readonly rpc?: string | undefined
  readonly network?: string | undefined
}

/** @throws UserError for an argument that is none, and for a verifier that has no such evidence or other evidence */
export async function rewardsExplanationFor(flags: Flags): Promise<RewardsExplanationJson> {
  const epoch = argumentOf(epochArgument, flags.epoch, '--epoch ')
  const who = namedAccount(flags.provider)
  if (!(Number.isInteger(flags.reports) && flags.reports >= 1))
    throw new UserError('usage', '--reports must be a whole number of at least 1.')
  const newest = await askApi(flags.api, ENDPOINTS.evidence, { epoch })
  if (epoch !== 'latest' && newest.header.epoch !== epoch) {
    throw new UserError(
      'evidence',
      `The node at ${flags.api} answers with epoch ${newest.header.epoch} instead of ${epoch}. Ask another node with --api.`,
    )
  }
  const { verifiers, providers, epoch: answered } = newest.facts
  const accounts = async () => [...verifiers, ...providers].map(one => one.account)
  const account = await accountOf(who, flags.api, { accounts, where: `of a node in epoch ${answered}` })
  const [steps, replays] = await replaysFrom(flags, newest)
  const asked = await askChain(flags, async chain => ({
    claimed: await chain.rewardsClaimed(account),
    checks: (await Promise.all(steps.map(one => checkHeader(one, chain)))).flatMap((checks, i) =>
      checks.map(({ what, holds }) => ({ what: `epoch ${steps[i]!.header.epoch}: ${what}`, holds })),
    ),
  }))
  return rewardsExplanation(account, replays, asked?.claimed, asked?.checks ?? [])
}

/** Goes back from report to report, until the first, the number that was asked for, or the end of what the verifier kept. */
async function replaysFrom(
  { api, reports }: Flags,
  newest: EvidenceJson,
): Promise<[evidence: EvidenceJson[], replays: [Replay, ...Replay[]]]> {
  const source = new Source(api)
  source.know(newest)
  const steps: EvidenceJson[] = []
  const replays: Replay[] = []
  for (let next: EvidenceJson | undefined = newest; next !== undefined && replays.length < reports; ) {
    const { header, previous, facts }: EvidenceJson = next
    const isPaid = facts.paidReport.epoch > 0
    const paid = isPaid ? await source.evidence(facts.paidReport.epoch) : undefined
    const others = await Promise.all(facts.paidReport.covered.map(({ epoch }) => source.evidence(epoch)))
    const covered = others.filter(one => one !== undefined)
    const before = previous.epoch > 0 ? await source.rewards(previous.epoch) : undefined
    if ((isPaid && paid === undefined) || covered.length < others.length) break
    if (previous.epoch > 0 && before === undefined) break
    const shown = await source.rewards(header.epoch)
    if (shown === undefined) break
    replays.push(replayRewards({ evidence: next, shown, before, paid, covered }))
    steps.push(next)
    next = previous.epoch > 0 ? await source.evidence(previous.epoch) : undefined
  }
  const [first, ...rest] = replays
  if (first !== undefined) return [steps, [first, ...rest]]
  throw new UserError(
    'configuration',
    `The node at ${api} does not hold what the rewards of epoch ${newest.header.epoch} follow from. Ask another node with --api.`,
  )
}

/** Asks for each thing once: a report is the paid report of one epoch, and the report before another. */
class Source {
  readonly #evidence = new Map<number, Promise<EvidenceJson | undefined>>()
  readonly #rewards = new Map<number, Promise<RewardsJson | undefined>>()

  constructor(private readonly api: string) {}

  know(evidence: EvidenceJson): void {
    this.#evidence.set(evidence.header.epoch, Promise.resolve(evidence))
  }

  evidence(epoch: number): Promise<EvidenceJson | undefined> {
    return once(this.#evidence, epoch, () => askApiIfKept(this.api, ENDPOINTS.evidence, { epoch }))
  }

  rewards(epoch: number): Promise<RewardsJson | undefined> {
    return once(this.#rewards, epoch, () => askApiIfKept(this.api, ENDPOINTS.rewards, { epoch }))
  }
}

function once<T>(known: Map<number, Promise<T>>, key: number, ask: () => Promise<T>): Promise<T> {
  const answer = known.get(key) ?? ask()
  known.set(key, answer)
  return answer
}
