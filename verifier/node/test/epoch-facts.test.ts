import { mock } from 'node:test'
import { expect } from 'chai'
import pino from 'pino'
import { type EpochClock, epochEndMs, epochStartMs } from '../../../proto/epoch.js'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { type BlockFacts, type ChainFacts, withLinks } from '../../core/facts.js'
import { facts as factsOf, PARAMS } from '../../core/test/samples.js'
import type { VerifierContext } from '../context.js'
import { EpochFacts, FactsUnknown } from '../epoch-facts.js'

const CLOCK: EpochClock = { genesisMs: 1_800_000_000_000, epochMs: 3_600_000, eraEpochs: 5 }
const LINK = keccakText('a line')
const read: BlockFacts = {
  ...factsOf({ verifiers: 5, providers: 2 }),
  linkReport: { epoch: 2, headerHash: keccakText('the report of epoch 2') },
}
/** The leaf of provider 1; and one of an account that had its index before. */
const leaves = [
  { index: 1, provider: read.providers[1]!.account, link: LINK },
  { index: 0, provider: keccakText('gone').slice(0, 42), link: keccakText('another line') },
] as Leaf[]

/** B(e), as the chain has it now */
let onChain = read
let nowMs = 0
/** whether the chain node has lost the state of B(e) */
let isForgotten = false
beforeEach(() => {
  onChain = read
  nowMs = epochStartMs(CLOCK, 4)
  isForgotten = false
})

/** What a chain node does that never answers. */
const forgotten = (signal: AbortSignal) =>
  new Promise<never>((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))

/** @param answers of whoever has the leaves, one after another. An error stands for nobody that answers */
function epochFacts(answers: (readonly Leaf[] | Error)[], stored: ChainFacts[] = []) {
  const [asked, reads]: [BlockFacts['linkReport'][], Hex[]] = [[], []]
  const context = {
    ...{ params: PARAMS, log: pino({ level: 'silent' }), stopping: new AbortController().signal },
    ...{ epochs: CLOCK, wall: { nowMs: () => nowMs } },
    chain: {
      factsAt: async (_: number, signal: AbortSignal) => {
        reads.push(onChain.blockHash)
        return isForgotten ? forgotten(signal) : onChain
      },
      isBlockOf: async (_: number, { blockHash }: BlockFacts) => blockHash === onChain.blockHash,
    },
    store: {
      putFacts: async (facts: ChainFacts) => void stored.push(facts),
      factsOf: async (epoch: number) => stored.filter(one => one.epoch === epoch),
    },
  } as unknown as VerifierContext
  const of = new EpochFacts(context, async report => {
    asked.push(report)
    const answer = answers.shift()!
    if (answer instanceof Error) throw answer
    return answer
  })
  return { of, asked, stored, reads }
}

describe('facts of an epoch', () => {
  afterEach(() => mock.timers.reset())

  it('have the links of the leaves of the report that the chain names, by index and account', async () => {
    const { of, asked, stored } = epochFacts([leaves])
    const { facts, assignment } = await of.get(4)
    expect(asked).to.deep.equal([read.linkReport])
    expect(facts).to.deep.equal(withLinks(read, [leaves[0]!]))
    expect(facts.providers.map(({ link }) => link === LINK)).to.deep.equal([false, true])
    expect(stored).to.deep.equal([facts])
    expect(assignment.sessions).not.to.have.length(0)
  })

  it('are asked for again until somebody has these leaves: without them, nobody knows the assignment', async () => {
    const { of, asked } = epochFacts([new Error('no peer has the leaves'), leaves])
    expect((await of.get(4)).facts.providers[1]!.link).to.equal(LINK)
    expect(asked).to.have.length(2)
  })

  it('are read once for many that ask', async () => {
    const { of, asked, reads } = epochFacts([leaves])
    await Promise.all([of.get(4), of.get(4), of.reread(4)])
    expect(asked).to.have.length(1)
    expect(reads).to.have.length(1)
  })

  it('are asked for until the next epoch is over, and then no more', async () => {
    mock.timers.enable({ apis: ['setTimeout'] })
    const { of, reads } = epochFacts([leaves])
    isForgotten = true
    const asked = of.get(4).then(
      () => 'known',
      error => error,
    )
    const turn = async (now: number) => {
      nowMs = now
      mock.timers.tick(10_000)
      await new Promise(setImmediate)
    }
    await turn(epochEndMs(CLOCK, 5) - 1)
    expect(await Promise.race([asked, 'asks'])).to.equal('asks')
    await turn(epochEndMs(CLOCK, 5))
    expect(await asked)
      .to.be.instanceOf(FactsUnknown)
      .with.property('message', 'The chain did not tell the facts of epoch 4.')
    expect(reads).to.have.length(1)
    isForgotten = false
    expect((await of.get(4)).facts.epoch, 'whoever asks later asks anew').to.equal(read.epoch)
  })

  it('come from the store while their block is B(e), since a chain node forgets old state', async () => {
    const kept = { ...withLinks(read, []), epoch: 4 }
    const { of, reads } = epochFacts([], [kept])
    isForgotten = true
    expect((await of.get(4)).facts).to.equal(kept)
    expect(reads).to.deep.equal([])
    const moved = epochFacts([leaves], [{ ...kept, blockHash: keccakText('another branch') }])
    isForgotten = false
    expect((await moved.of.get(4)).facts.blockHash).to.equal(read.blockHash)
    expect(moved.reads).to.have.length(1)
  })

  it('are read afresh for whoever doubts them, and known from then on', async () => {
    const { of, stored } = epochFacts([leaves, leaves])
    await of.get(4)
    onChain = { ...read, rewardsFunded: 7n }
    expect((await of.reread(4)).facts.rewardsFunded, 'B(e) is the same').to.equal(read.rewardsFunded)
    expect((await of.readAfresh(4)).facts.rewardsFunded).to.equal(7n)
    expect((await of.get(4)).facts.rewardsFunded).to.equal(7n)
    expect(stored.at(-1)!.rewardsFunded).to.equal(7n)
  })

  it('are read again once a reorganisation has replaced B(e)', async () => {
    const { of, reads } = epochFacts([leaves, leaves])
    await of.get(4)
    onChain = { ...read, blockHash: keccakText('another block') }
    expect((await of.reread(4)).facts.blockHash).to.equal(onChain.blockHash)
    expect((await of.get(4)).facts.blockHash).to.equal(onChain.blockHash)
    expect(reads).to.deep.equal([read.blockHash, onChain.blockHash])
  })
})
