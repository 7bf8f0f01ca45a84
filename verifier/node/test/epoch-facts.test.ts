import { expect } from 'chai'
import pino from 'pino'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import type { Leaf } from '../../../proto/leaf.js'
import { type BlockFacts, type ChainFacts, withLinks } from '../../core/facts.js'
import { facts as factsOf, PARAMS } from '../../core/test/samples.js'
import type { VerifierContext } from '../context.js'
import type { Computation } from '../desk/computation.js'
import { EpochFacts } from '../epoch-facts.js'
import { openComputation } from './computing.js'

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

let computation: Computation
before(() => {
  computation = openComputation(PARAMS)
})
after(() => computation.end())

/** B(e), as the chain has it now */
let onChain = read
beforeEach(() => {
  onChain = read
})

/** @param answers of whoever has the leaves, one after another. An error stands for nobody that answers */
function epochFacts(answers: (readonly Leaf[] | Error)[]) {
  const [asked, stored, reads]: [BlockFacts['linkReport'][], ChainFacts[], Hex[]] = [[], [], []]
  const context = {
    ...{ computation, log: pino({ level: 'silent' }), stopping: new AbortController().signal },
    chain: {
      factsAt: async () => {
        reads.push(onChain.blockHash)
        return onChain
      },
      isBlockOf: async (_: number, { blockHash }: BlockFacts) => blockHash === onChain.blockHash,
    },
    store: { putFacts: async (facts: ChainFacts) => void stored.push(facts) },
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
  it('have the links of the leaves of the report that the chain names, by index and account', async () => {
    const { of, asked, stored } = epochFacts([leaves])
    const { facts, assignment } = await of.get(4)
    expect(asked).to.deep.equal([read.linkReport])
    expect(facts).to.deep.equal(withLinks(read, [leaves[0]!]))
    expect(facts.providers.map(({ link }) => link === LINK)).to.deep.equal([false, true])
    expect(stored).to.deep.equal([facts])
    expect(assignment.rounds).to.be.above(0)
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

  it('are read again once a reorganisation has replaced B(e)', async () => {
    const { of, reads } = epochFacts([leaves, leaves])
    await of.get(4)
    onChain = { ...read, blockHash: keccakText('another block') }
    expect((await of.reread(4)).facts.blockHash).to.equal(onChain.blockHash)
    expect((await of.get(4)).facts.blockHash).to.equal(onChain.blockHash)
    expect(reads).to.deep.equal([read.blockHash, onChain.blockHash])
  })
})
