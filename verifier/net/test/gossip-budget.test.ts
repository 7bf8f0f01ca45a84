import { PeerScore } from '@libp2p/gossipsub/score'
import type { ComponentLogger } from '@libp2p/interface'
import { expect } from 'chai'
import type { GossipKind } from '../../../proto/protocols.js'
import { BUDGET, CHECK_COST, GossipBudget, MAX_HELD_BYTES, SHARE_SPENT } from '../gossip-budget.js'
import { gossipRules } from '../gossip-rules.js'

describe('budget of a gossip peer', () => {
  let nowMs: number
  let budget: GossipBudget
  beforeEach(() => {
    nowMs = 0
    budget = new GossipBudget(() => nowMs)
  })

  /** How many wrong messages of `cost` the peer gets checked. */
  function wrong(peerId: string, cost: number): { checked: number; cutOff: number } {
    const counts = { checked: 0, cutOff: 0 }
    while (counts.checked < 10 * BUDGET && budget.take(peerId, cost)) {
      counts.checked++
      if (budget.settle(peerId, cost, cost)) counts.cutOff++
    }
    return counts
  }

  it('is never used up by right messages', () => {
    for (let i = 0; i < 10 * BUDGET; i++) {
      expect(budget.take('a', 1)).to.equal(true)
      budget.settle('a', 1, 0)
    }
    expect(budget.left('a')).to.equal(BUDGET)
  })

  it('has room for a proposal and a message of every verifier at once', () => {
    expect(budget.take('a', CHECK_COST.proposal)).to.equal(true)
    for (let i = 0; i < 191; i++) expect(budget.take('a', CHECK_COST.commit)).to.equal(true)
  })

  it('bounds the messages that wait to be checked', () => {
    let waiting = 0
    while (budget.take('a', CHECK_COST.ballot)) waiting++
    expect(waiting).to.equal(BUDGET / CHECK_COST.ballot)
    nowMs += 1e9
    expect(budget.left('a'), 'what waits comes back by its check alone').to.equal(0)
    budget.settle('a', CHECK_COST.ballot, 0)
    expect(budget.left('a')).to.equal(CHECK_COST.ballot)
  })

  it('bounds the bytes of these messages, for each peer by itself', () => {
    const bytes = MAX_HELD_BYTES / 4
    for (let i = 0; i < 4; i++) expect(budget.take('a', 1, bytes)).to.equal(true)
    expect([budget.room('a'), budget.take('a', 1, 1)]).to.deep.equal([0, false])
    expect(budget.take('b', 1, MAX_HELD_BYTES)).to.equal(true)
    budget.settle('a', 1, 0, bytes)
    expect([budget.room('a'), budget.left('a')]).to.deep.equal([bytes, BUDGET - 3])
    expect(budget.take('a', 1, bytes)).to.equal(true)
  })

  it('cuts a peer off once, until the budget is full again, and nobody else', () => {
    expect(wrong('a', 1)).to.deep.equal({ checked: BUDGET, cutOff: 1 })
    nowMs += 1000 * (BUDGET - 1)
    expect(budget.left('a')).to.equal(0)
    expect(budget.left('b')).to.equal(BUDGET)
    nowMs += 1000
    expect(budget.left('a')).to.equal(BUDGET)
  })

  it('holds against a peer that spreads its wrong messages in time', () => {
    let checked = 0
    for (const end = 3600_000; nowMs < end; nowMs += 100) {
      if (!budget.take('a', 1)) continue
      checked++
      budget.settle('a', 1, 1)
    }
    expect(checked).to.be.at.most(BUDGET + 3600)
  })

  it('bounds large messages that are ignored, since each was decoded', () => {
    let ignored = 0
    for (const cost = CHECK_COST.proposal; budget.take('a', cost); ignored++) {
      budget.settle('a', cost, cost * SHARE_SPENT.ignore)
    }
    expect(ignored).to.be.below(20)
  })

  it('suffices for all that a set says, at a node that is not in the set and ignores it', () => {
    const set = 16
    for (let epoch = 0; epoch < 100; epoch++, nowMs += 20_000) {
      const says = [
        ...Array<GossipKind[]>(set).fill(['commit', 'ballot', 'seen', 'partial']).flat(),
        'proposal',
      ] as const
      for (const kind of says) {
        expect(budget.take('a', CHECK_COST[kind])).to.equal(true)
        budget.settle('a', CHECK_COST[kind], CHECK_COST[kind] * SHARE_SPENT.ignore)
      }
    }
  })

  it('has room for one wrong proposal in minutes, since one costs as much as all else', () => {
    expect(wrong('a', CHECK_COST.proposal).checked).to.equal(2)
  })
})

describe('score of a gossip peer', () => {
  const { scoreParams } = gossipRules(['topic'], [])
  const logger = { forComponent: () => () => {} } as unknown as ComponentLogger

  function score(wrong: number): number {
    const scores = new PeerScore(scoreParams, null, logger, { scoreCacheValidityMs: 0 })
    scores.addPeer('a')
    scores.graft('a', 'topic')
    for (let i = 0; i < wrong; i++) scores.rejectInvalidMessage('a', 'topic')
    return scores.score('a')
  }

  it('leaves a silent peer in the mesh, and one with the wrong ballots of a reorganisation', () => {
    expect(score(0)).to.be.above(0)
    expect(score(64)).to.be.closeTo(0, 1e-9)
  })

  it('takes a peer with more wrong messages out, and offers none to one whose budget is used up', () => {
    expect(score(65)).to.be.below(0)
    expect(score(BUDGET)).to.be.within(-80, -50)
  })

  it('is never so high that gossipsub dials the addresses that a peer names', () => {
    expect(score(0)).to.be.below(10) // its threshold for the exchange of peers
  })
})
