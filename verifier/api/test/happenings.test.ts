/** What listeners are told, as the chain's log and the epoch move on. */
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { KnownEvents } from '../../chain/known-events.js'
import { account } from '../../core/test/samples.js'
import type { EventJson } from '../../evidence/schema/events.js'
import type { ChainView } from '../chain-view.js'
import { Happenings } from '../happenings.js'
import type { Reports } from '../reports.js'

const txHash = keccakText('transaction')
const postedAt = (block: number, epoch: number) =>
  ({ kind: 'posted', block, logIndex: 0, epoch, headerHash: keccakText(`header ${epoch}`), txHash }) as const
const settledAt = (block: number, epoch: number) =>
  ({
    ...({ kind: 'settled', block, logIndex: 1 } as const),
    settlement: {
      epoch,
      provider: account('provider'),
      charged: 5n,
      refuted: false,
      txHash: keccakText(`tx ${epoch}`),
    },
  }) as const

describe('what happens, for those who listen', () => {
  const known = new KnownEvents()
  const held = new Set<number>()
  let isSilent = false
  let state = 'idle'
  const view = {
    events: async () => {
      if (isSilent) throw new Error('silent')
      return known
    },
  } as unknown as ChainView
  const reports = {
    obtained: async (epoch: number) =>
      held.has(epoch) ? { headerHash: keccakText(`header ${epoch}`), posted: { txHash } } : undefined,
  } as unknown as Reports
  const node = {
    epochNow: () => 9,
  }
  const standing = () => ({ state, sentence: `${state} in words` })
  const happenings = new Happenings({ node, view, reports, standing })
  const wordsOf = (one: EventJson) =>
    one.event === 'phase'
      ? one.state
      : one.event === 'report'
        ? `report ${one.epoch}`
        : `settled ${one.settlement.epoch}`
  const looked = async () => (await happenings.look()).map(wordsOf)

  it('is each phase once, each report once this verifier holds it, and each new settlement', async () => {
    known.add([postedAt(1, 3), postedAt(1, 4), settledAt(1, 3)])
    held.add(3).add(4)
    expect(happenings.now().map(wordsOf)).to.deep.equal(['idle'])
    // A listener may have read the lists before this report came; the others and the settlements were before it.
    expect(await looked()).to.deep.equal(['report 4'])
    expect(await looked()).to.deep.equal([])
    known.add([postedAt(2, 5), settledAt(2, 4)])
    state = 'commit'
    expect(await looked()).to.deep.equal(['commit', 'settled 4'])
    held.add(5)
    expect(await looked()).to.deep.equal(['report 5'])
    expect(await looked()).to.deep.equal([])
  })

  it('is for a new listener the phase, and the last report that others were told', () => {
    expect(happenings.now().map(wordsOf)).to.deep.equal(['commit', 'report 5'])
  })

  it('is still the phase while the chain is silent, and after that all that was missed', async () => {
    isSilent = true
    state = 'list'
    expect(await looked()).to.deep.equal(['list'])
    known.add([postedAt(3, 6), postedAt(4, 8)])
    held.add(6).add(8)
    isSilent = false
    expect(await looked()).to.deep.equal(['report 6', 'report 8'])
  })

  it('is a report again that a reorganisation removed and another block brought back', async () => {
    known.rewind(3)
    expect(await looked()).to.deep.equal([])
    known.add([postedAt(5, 8)])
    expect(await looked()).to.deep.equal(['report 8'])
  })
})
