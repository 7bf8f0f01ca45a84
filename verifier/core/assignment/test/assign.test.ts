import { expect } from 'chai'
import fc from 'fast-check'
import { shareKbps, soakKbps } from '../../../../probe/verdict/share.js'
import { CLAIM_KBPS, facts, PARAMS } from '../../test/samples.js'
import { assign, isDue, roundsAvailable } from '../assign.js'
import { assignedRoot } from '../assigned.js'
import { senderLoadKbps } from '../place.js'

const LONG = { ...PARAMS, epochSeconds: 3_600 }
const shape = fc.record({
  verifiers: fc.integer({ min: 3, max: 9 }),
  providers: fc.integer({ min: 1, max: 7 }),
  beacon: fc.string(),
})

describe('assignment', () => {
  it('gives every provider n receivers, and each receiver k senders among the others', () => {
    fc.assert(
      fc.property(
        shape,
        fc.integer({ min: 1, max: 9 }),
        fc.integer({ min: 2, max: 4 }),
        (given, receivers, senders) => {
          const chain = facts(given)
          const plan = assign(chain, { ...LONG, receivers, senders })
          const known = new Set(chain.verifiers.map(verifier => verifier.index))
          expect(plan.unplaced).to.have.length(0)
          for (const { account } of chain.providers) {
            const drawn = plan.receiversOf(account)
            expect(drawn).to.have.length(Math.min(receivers, given.verifiers))
            expect([...drawn]).to.deep.equal([...new Set(drawn)].sort((a, b) => a - b))
            const sessions = plan.sessions.filter(session => session.provider === account)
            expect(sessions.map(session => session.receiver).sort((a, b) => a - b)).to.deep.equal([...drawn])
          }
          for (const session of plan.sessions) {
            expect(session.senders).to.have.length(Math.min(senders, given.verifiers - 1))
            expect(new Set([session.receiver, ...session.senders]).size).to.equal(session.senders.length + 1)
            expect(session.senders.every(sender => known.has(sender))).to.equal(true)
          }
        },
      ),
    )
  })

  it('tells without the plan who is due', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 9 }), (given, epoch, receivers) => {
        const [chain, params] = [facts({ ...given, epoch }), { ...LONG, receivers, windowEpochs: 5 }]
        const plan = assign(chain, params)
        for (const { account } of chain.providers) {
          const due = chain.verifiers.map(({ index }) => index).filter(one => isDue(chain, params, account, one))
          expect(due).to.deep.equal(plan.dueOf(account))
        }
      }),
    )
  })

  it('never gives a provider two sessions in a round, a round more than its lanes, or a verifier too much load', () => {
    const loadKbps = 3 * senderLoadKbps(CLAIM_KBPS, 3)
    const capacity = fc.integer({ min: loadKbps, max: 4 * loadKbps })
    fc.assert(
      fc.property(shape, fc.integer({ min: 0, max: 4 }), capacity, (given, lanes, capacityKbps) => {
        const plan = assign(facts({ ...given, capacityKbps }), { ...LONG, lanes })
        expect(plan.rounds).to.be.at.most(roundsAvailable(LONG))
        for (let round = 0; round < plan.rounds; round++) {
          const sessions = plan.sessions.filter(session => session.round === round)
          expect(new Set(sessions.map(session => session.provider)).size).to.equal(sessions.length)
          if (lanes > 0) expect(sessions.length).to.be.at.most(lanes)
          const load = new Map<number, number>()
          for (const { receiver, senders, claimKbps } of sessions) {
            const k = senders.length
            load.set(receiver, (load.get(receiver) ?? 0) + k * shareKbps(claimKbps, k))
            for (const one of senders) load.set(one, (load.get(one) ?? 0) + shareKbps(claimKbps, k))
          }
          for (const carried of load.values()) expect(carried).to.be.at.most(capacityKbps)
        }
      }),
    )
  })

  it('takes no more rounds than lanes and providers demand, if capacities allow', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 4 }), (given, lanes) => {
        const least = Math.max(given.verifiers, Math.ceil((given.verifiers * given.providers) / lanes))
        expect(assign(facts(given), { ...LONG, lanes }).rounds).to.equal(least)
      }),
    )
  })

  it('lets all providers lack sessions alike if the epoch is too short', () => {
    fc.assert(
      fc.property(shape, given => {
        const chain = facts(given)
        const plan = assign(chain, { ...PARAMS, epochSeconds: 6, lanes: 2 })
        const placed = chain.providers.map(
          ({ account }) => plan.sessions.filter(session => session.provider === account).length,
        )
        expect(Math.max(...placed) - Math.min(...placed)).to.be.at.most(1)
        expect(plan.sessions.length + plan.unplaced.length).to.equal(given.verifiers * given.providers)
        for (const { account } of chain.providers) expect(plan.receiversOf(account)).to.have.length(given.verifiers)
      }),
    )
  })

  it('draws no sender that cannot carry a share, and places no session that its receiver cannot carry', () => {
    const chain = facts({ verifiers: 5, providers: 1 })
    const weak = { ...chain.verifiers[0]!, capacityKbps: shareKbps(CLAIM_KBPS, 3) - 1 }
    const plan = assign({ ...chain, verifiers: [weak, ...chain.verifiers.slice(1)] }, LONG)
    expect(plan.sessions.some(session => session.senders.includes(weak.index))).to.equal(false)
    expect(plan.unplaced.map(session => session.receiver)).to.deep.equal([weak.index])
  })

  it('draws no sender that cannot carry a turn, and counts turns in a round, wherever a session may soak', () => {
    const chain = facts({ verifiers: 5, providers: 2 })
    const soaks = { ...LONG, soakShareBps: 1 }
    const weak = { ...chain.verifiers[0]!, capacityKbps: soakKbps(CLAIM_KBPS, 3) }
    const sessionsOf = (params: typeof LONG) =>
      assign({ ...chain, verifiers: [weak, ...chain.verifiers.slice(1)] }, params).sessions
    expect(sessionsOf(LONG).some(({ senders }) => senders.includes(weak.index))).to.equal(true)
    expect(sessionsOf(soaks).some(({ senders }) => senders.includes(weak.index))).to.equal(false)
    expect(sessionsOf(soaks).every(({ maySoak }) => maySoak)).to.equal(true)

    const capacityKbps = 3 * senderLoadKbps(CLAIM_KBPS, 3)
    const roundsOf = (params: typeof LONG) =>
      assign(facts({ verifiers: 4, providers: 6, capacityKbps }), { ...params, lanes: 0 })
    for (const { round, senders } of roundsOf(soaks).sessions) {
      const others = roundsOf(soaks).sessions.filter(one => one.round === round)
      for (const sender of senders) {
        const turns = others.filter(one => one.senders.includes(sender)).length
        expect(turns * soakKbps(CLAIM_KBPS, 3)).to.be.at.most(capacityKbps)
      }
    }
  })

  it('is the same for the same facts, and differs for another beacon', () => {
    const given = { verifiers: 7, providers: 4 }
    const sessions = (beacon: string) => assign(facts({ ...given, beacon }), { ...LONG, receivers: 4 }).sessions
    expect(sessions('a')).to.deep.equal(sessions('a'))
    expect(sessions('a')).not.to.deep.equal(sessions('b'))
  })

  it('draws every verifier about as often as every other', () => {
    const times = new Map<number, number>()
    for (let i = 0; i < 300; i++) {
      const plan = assign(facts({ verifiers: 6, providers: 1, beacon: `${i}` }), { ...LONG, receivers: 2 })
      for (const session of plan.sessions) times.set(session.receiver, (times.get(session.receiver) ?? 0) + 1)
    }
    // 100 expected each; five standard deviations of a binomial.
    for (const count of times.values()) expect(count).to.be.within(100 - 41, 100 + 41)
    expect(times.size).to.equal(6)
  })

  it('has no receivers for an account that is not an active provider', () => {
    const chain = facts({ verifiers: 3, providers: 1 })
    expect(assign(chain, LONG).receiversOf(chain.verifiers[0]!.account)).to.have.length(0)
  })

  it('has one root for one set of receivers, whatever their order', () => {
    const receivers = [1, 5, 9].map(receiver => ({ receiver, epoch: 3 }))
    expect(assignedRoot(receivers.toReversed())).to.equal(assignedRoot(receivers))
    expect(assignedRoot(receivers.slice(1))).not.to.equal(assignedRoot(receivers))
    expect(assignedRoot(receivers.with(1, { receiver: 5, epoch: 2 }))).not.to.equal(assignedRoot(receivers))
  })

  it('names the one epoch of the window in which each receiver is due', () => {
    const params = { ...LONG, windowEpochs: 4, receivers: 7 }
    const chain = facts({ verifiers: 9, providers: 1, epoch: 6 })
    const provider = chain.providers[0]!.account
    const assigned = assign(chain, params).assignedOf(provider)
    expect(assigned.map(({ receiver }) => receiver).sort((a, b) => a - b)).to.deep.equal(
      assign(chain, params).receiversOf(provider),
    )
    for (const epoch of [5, 6, 7, 8]) {
      const due = assign({ ...chain, epoch }, params).dueOf(provider)
      const named = assigned.filter(one => one.epoch === epoch).map(({ receiver }) => receiver)
      expect(named.sort((a, b) => a - b)).to.deep.equal(due)
    }
  })

  it('places no session that lacks senders', () => {
    const plan = assign(facts({ verifiers: 2, providers: 1 }), LONG)
    expect(plan.sessions).to.have.length(0)
    expect(plan.unplaced).to.have.length(2)
  })
})
