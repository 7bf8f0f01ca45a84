import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../../proto/hash.js'
import type { Hex } from '../../../../proto/hex.js'
import { type Action, Agreement } from '../agreement.js'
import { ballotSetOf, ballotSetRoot } from '../ballot-set.js'
import { leaderOf, rankOf } from '../leader.js'
import { roundsOf } from '../phases.js'

const TIMING = { endMs: 1000, commitMs: 100, revealMs: 100, listMs: 50, roundMs: 100, deadlineMs: 2000 }
const rootOf = (verifier: number): Hex => keccakText(`ballot of ${verifier}`)
const commitmentFor = (verifier: number): Hex => keccakText(`commitment of ${verifier}`)
const SIGNATURE = new Uint8Array(96)

/** Verifiers that hear one another at once, with a clock that the test moves. */
class Network {
  readonly nodes: Map<number, Agreement<number>>
  readonly signed: { verifier: number; round: number; headerHash: Hex }[] = []
  readonly proposals: { round: number; leader: number; headerHash: Hex }[] = []
  readonly aggregated = new Set<string>()

  constructor(
    readonly indices: readonly number[],
    readonly beacon: Hex,
    /** whether a verifier takes part */
    readonly alive: (verifier: number) => boolean = () => true,
    /** whether messages from one verifier reach another */
    readonly reaches: (from: number, to: number) => boolean = () => true,
  ) {
    const options = { epoch: 7, beacon, verifiers: indices, timing: TIMING }
    this.nodes = new Map(indices.filter(alive).map(index => [index, new Agreement<number>(index, options)]))
  }

  nowMs = 0

  run(): void {
    for (this.nowMs = 990; this.nowMs <= TIMING.deadlineMs + 10; this.nowMs += 10) {
      for (const [index, node] of this.nodes) this.carryOut(index, node.advance(this.nowMs))
    }
  }

  carryOut(from: number, actions: readonly Action<number>[]): void {
    for (const action of actions) {
      if (action.do === 'aggregate') {
        this.aggregated.add(`${action.round}:${action.headerHash}`)
        this.#hear(from, node => void node.hearCertificate())
      }
      if (action.do === 'commit') this.#hear(from, node => node.hearCommitment(from, commitmentFor(from)))
      if (action.do === 'reveal') this.#hear(from, node => node.hearBallot(from, rootOf(from), commitmentFor(from)))
      if (action.do === 'list') {
        this.#hear(from, (node, to) => {
          this.carryOut(to, node.hearList({ verifier: from, entries: action.entries, message: from }))
        })
      }
      if (action.do === 'propose') {
        const { roots } = ballotSetOf(action.lists, this.indices.length)
        const headerHash = ballotSetRoot(roots)
        this.proposals.push({ round: action.round, leader: from, headerHash })
        this.#hear(from, (node, to) => {
          if (node.wants(action.round, from)) this.carryOut(to, node.approve(action.round, headerHash))
        })
      }
      if (action.do === 'sign') {
        this.signed.push({ verifier: from, round: action.round, headerHash: action.headerHash })
        this.#hear(from, (node, to) => {
          this.carryOut(to, node.hearPartial(this.nowMs, action.round, action.headerHash, from, SIGNATURE))
        })
      }
    }
  }

  #hear(from: number, tell: (node: Agreement<number>, to: number) => void): void {
    for (const [to, node] of this.nodes) if (to === from || this.reaches(from, to)) tell(node, to)
  }
}

const beacons = fc.string({ minLength: 1, maxLength: 12 }).map(keccakText)
const sizes = fc.integer({ min: 4, max: 13 })
const range = (n: number) => Array.from({ length: n }, (_, i) => i * 3 + 1)

describe('agreement', () => {
  it('certifies in round 0 if every verifier is heard', () => {
    fc.assert(
      fc.property(sizes, beacons, (n, beacon) => {
        const network = new Network(range(n), beacon)
        network.run()
        expect(network.aggregated.size).to.equal(1)
        expect([...network.nodes.values()].map(node => node.phase)).to.deep.equal(range(n).map(() => 'certified'))
        expect(network.proposals.map(p => [p.round, p.leader])).to.deep.equal([[0, leaderOf(range(n), beacon, 0)]])
      }),
    )
  })

  it('goes to the next round if the leader is gone', () => {
    fc.assert(
      fc.property(sizes, beacons, (n, beacon) => {
        const leader = leaderOf(range(n), beacon, 0)
        const network = new Network(range(n), beacon, verifier => verifier !== leader)
        network.run()
        expect([...network.aggregated].map(key => key.split(':')[0])).to.deep.equal(['1'])
        expect(network.proposals[0]?.leader).to.equal(leaderOf(range(n), beacon, 1))
      }),
    )
  })

  it('has no report without more than two thirds, and every verifier says what is lacking', () => {
    const network = new Network(range(7), keccakText('beacon'), verifier => range(4).includes(verifier))
    network.run()
    expect(network.aggregated.size).to.equal(0)
    for (const node of network.nodes.values()) {
      expect(node.phase).to.equal('missed')
      expect(node.lack).to.equal('seen lists of 4 of 7 verifiers, 5 are needed')
      expect(node.sentence).to.equal(`epoch 7: no certificate heard; ${node.lack}`)
    }
  })

  it('never has a verifier sign two headers in one round, whoever hears whom', () => {
    fc.assert(
      fc.property(sizes, beacons, fc.infiniteStream(fc.integer({ min: 0, max: 99 })), (n, beacon, luck) => {
        const network = new Network(
          range(n),
          beacon,
          () => true,
          () => luck.next().value < 60,
        )
        network.run()
        const slots = network.signed.map(({ verifier, round }) => `${verifier}/${round}`)
        expect(new Set(slots).size).to.equal(slots.length)
      }),
    )
  })

  it('counts no ballot without a commitment, and no late ballot', () => {
    const options = { epoch: 7, beacon: keccakText('b'), verifiers: range(4), timing: TIMING }
    const node = new Agreement<number>(1, options)
    node.advance(1000)
    node.hearCommitment(1, commitmentFor(1))
    node.hearCommitment(4, commitmentFor(4))
    node.hearCommitment(10, commitmentFor(10))
    node.advance(1100)
    node.hearCommitment(7, commitmentFor(7)) // too late
    node.hearBallot(1, rootOf(1), commitmentFor(1))
    node.hearBallot(4, rootOf(4), commitmentFor(1)) // not the ballot that it committed to
    node.hearBallot(7, rootOf(7), commitmentFor(7))
    const [list] = node.advance(1200)
    node.hearBallot(10, rootOf(10), commitmentFor(10)) // too late
    expect(list).to.deep.equal({ do: 'list', entries: [{ verifier: 1, root: rootOf(1) }] })
  })

  it('attack: a copier that hears a ballot of a fast clock commits too late for a slow one', () => {
    const options = { epoch: 7, beacon: keccakText('b'), verifiers: range(4), timing: TIMING }
    const revealMs = TIMING.endMs + TIMING.commitMs
    const listed = (behindMs: number) => {
      const [fast, slow] = [new Agreement<number>(1, options), new Agreement<number>(4, options)]
      const actions = (nowMs: number) => fast.advance(nowMs).map(action => action.do)
      expect(actions(revealMs - 1)).to.deep.equal(['commit'])
      expect(actions(revealMs)).to.deep.equal(['reveal'])
      slow.advance(revealMs - behindMs)
      slow.hearCommitment(7, commitmentFor(7)) // to a copy of what `fast` has just revealed
      slow.hearBallot(7, rootOf(7), commitmentFor(7))
      return slow.advance(revealMs + TIMING.revealMs).flatMap(action => (action.do === 'list' ? action.entries : []))
    }
    expect(listed(TIMING.commitMs / 8)).to.deep.equal([])
    expect(listed(TIMING.commitMs / 4), 'clocks that differ by more').to.have.length(1)
  })

  it('leaves out a verifier with two ballots', () => {
    const node = new Agreement<number>(1, { epoch: 7, beacon: keccakText('b'), verifiers: range(4), timing: TIMING })
    node.advance(1000)
    node.hearCommitment(4, commitmentFor(4))
    node.hearBallot(4, rootOf(4), commitmentFor(4))
    node.hearBallot(4, rootOf(5), commitmentFor(5))
    node.advance(1100)
    expect(node.advance(1200)).to.deep.equal([{ do: 'list', entries: [] }])
    expect(node.equivocators).to.deep.equal([4])
  })

  it('waits a moment for the last signatures, and no longer', () => {
    const node = new Agreement<number>(1, { epoch: 7, beacon: keccakText('b'), verifiers: range(4), timing: TIMING })
    node.advance(1260)
    const sign = (nowMs: number, verifier: number) => node.hearPartial(nowMs, 0, rootOf(0), verifier, SIGNATURE)
    expect([sign(1260, 1), sign(1261, 4), sign(1262, 7)]).to.deep.equal([[], [], []])
    expect(node.nextInstantMs()).to.equal(1262 + TIMING.listMs)
    expect(node.advance(1311)).to.deep.equal([])
    const [action] = node.advance(1312)
    expect(action).to.include({ do: 'aggregate', round: 0, headerHash: rootOf(0) })
    expect(sign(1313, 10)).to.deep.equal([])
  })

  it('aggregates at once if all verifiers have signed', () => {
    const node = new Agreement<number>(1, { epoch: 7, beacon: keccakText('b'), verifiers: range(4), timing: TIMING })
    node.advance(1300)
    const done = range(4).map(verifier => node.hearPartial(1300, 0, rootOf(0), verifier, SIGNATURE).length)
    expect(done).to.deep.equal([0, 0, 0, 1])
  })

  it('signs no later round once a certificate is known', () => {
    const node = new Agreement<number>(1, { epoch: 7, beacon: keccakText('b'), verifiers: range(4), timing: TIMING })
    node.advance(1300)
    node.hearCertificate()
    expect(node.approve(1, rootOf(1))).to.deep.equal([])
    expect(node.nextInstantMs()).to.equal(undefined)
  })

  it('signs a proposal that comes before its round when the round begins, so that no leader loses its round', () => {
    const [set, beacon] = [range(4), keccakText('b')]
    const node = new Agreement<number>(1, { epoch: 7, beacon, verifiers: set, timing: TIMING })
    const next = (round: number) => leaderOf(set, beacon, round)
    const approve = (round: number, headerHash: Hex) =>
      node.wants(round, next(round)) ? node.approve(round, headerHash) : undefined
    node.advance(1260) // round 0
    expect(approve(1, rootOf(1))).to.deep.equal([])
    expect(approve(1, rootOf(2)), 'a second header of the round').to.equal(undefined)
    expect(approve(2, rootOf(2)), 'of the round after').to.equal(undefined)
    expect(approve(0, rootOf(0))).to.deep.equal([{ do: 'sign', round: 0, headerHash: rootOf(0) }])
    expect(node.advance(1349)).to.deep.equal([])
    expect(node.advance(1350).filter(action => action.do === 'sign')).to.deep.equal([
      { do: 'sign', round: 1, headerHash: rootOf(1) },
    ])
    expect(node.advance(1450).filter(action => action.do === 'sign')).to.deep.equal([])
  })

  it('signs a proposal of round 0 as soon as every list is in, and not before', () => {
    const [set, beacon] = [range(4), keccakText('b')]
    const node = new Agreement<number>(1, { epoch: 7, beacon, verifiers: set, timing: TIMING })
    const list = (verifier: number) => node.hearList({ verifier, entries: [], message: verifier })
    const signs = (actions: readonly Action<number>[]) => actions.filter(action => action.do === 'sign').length
    node.advance(1200) // listing
    for (const verifier of set.slice(0, 3)) list(verifier)
    expect(node.wants(0, leaderOf(set, beacon, 0))).to.equal(true)
    expect(node.approve(0, rootOf(0))).to.deep.equal([])
    expect(signs(list(set[3]!))).to.equal(1)
  })

  it('ranks the verifiers, beginning with the leader', () => {
    fc.assert(
      fc.property(sizes, beacons, (n, beacon) => {
        const ranks = range(n).map(index => rankOf(range(n), beacon, index))
        expect([...ranks].sort((a, b) => a - b)).to.deep.equal(range(n).map((_, i) => i))
        expect(rankOf(range(n), beacon, leaderOf(range(n), beacon, 0))).to.equal(0)
      }),
    )
  })

  it('has as many rounds as begin before the deadline', () => {
    expect(roundsOf(TIMING)).to.equal(8)
    expect(roundsOf({ ...TIMING, deadlineMs: TIMING.deadlineMs + 1 })).to.equal(8)
    expect(roundsOf({ ...TIMING, roundMs: 75 })).to.equal(10)
    expect(roundsOf({ ...TIMING, deadlineMs: 0 })).to.equal(0)
  })

  it('makes no statement that has become useless while the machine slept', () => {
    const options = { epoch: 7, beacon: keccakText('b'), verifiers: range(4), timing: TIMING }
    const wakes = (nowMs: number) => new Agreement<number>(1, options).advance(nowMs).map(action => action.do)
    expect(wakes(1099)).to.deep.equal(['commit'])
    expect(wakes(1100), 'others have revealed their ballots').to.deep.equal(['reveal'])
    expect(wakes(1200), 'others have listed what they hold').to.deep.equal(['list'])
    expect(wakes(1999), 'a leader can still use the list').to.deep.equal(['list'])
    expect(wakes(2000)).to.deep.equal([])
    expect(wakes(9000)).to.deep.equal([])
  })

  it('counts a ballot that came before its commitment, and no ballot that was committed to too late', () => {
    const options = { epoch: 7, beacon: keccakText('b'), verifiers: range(4), timing: TIMING }
    const node = new Agreement<number>(1, options)
    const reveal = (verifier: number) => node.hearBallot(verifier, rootOf(verifier), commitmentFor(verifier))
    node.advance(TIMING.endMs)
    reveal(2)
    reveal(3)
    node.hearCommitment(2, commitmentFor(2))
    node.advance(TIMING.endMs + TIMING.commitMs)
    node.hearCommitment(3, commitmentFor(3))
    const entries = node.advance(TIMING.endMs + TIMING.commitMs + TIMING.revealMs)
    expect(entries).to.deep.equal([{ do: 'list', entries: [{ verifier: 2, root: rootOf(2) }] }])
  })
})
