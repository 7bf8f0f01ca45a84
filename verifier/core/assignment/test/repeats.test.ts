import { expect } from 'chai'
import fc from 'fast-check'
import { keccakText } from '../../../../proto/hash.js'
import { CLAIM_KBPS, facts, PARAMS } from '../../test/samples.js'
import { assign, roundsAvailable, type Session, tailMs } from '../assign.js'
import { senderLoadKbps } from '../place.js'

const LONG = { ...PARAMS, epochSeconds: 3_600 }
const shape = fc.record({
  verifiers: fc.integer({ min: 3, max: 12 }),
  providers: fc.integer({ min: 1, max: 6 }),
  beacon: fc.string(),
})
const firstOf = (sessions: readonly Session[], repeat: Session) =>
  sessions.find(({ provider, receiver }) => provider === repeat.provider && receiver === repeat.receiver)!

describe('repeats', () => {
  it('are one for every session, with as many senders of its own as the set allows', () => {
    fc.assert(
      fc.property(shape, given => {
        const { sessions, repeats } = assign(facts(given), LONG)
        expect(repeats).to.have.length(sessions.length)
        for (const repeat of repeats) {
          const { senders, round, ...first } = firstOf(sessions, repeat)
          expect(repeat).to.include({ ...first })
          expect(new Set([repeat.receiver, ...repeat.senders]).size).to.equal(1 + senders.length)
          const others = given.verifiers - 1 - senders.length
          const fresh = repeat.senders.filter(sender => !senders.includes(sender))
          expect(fresh).to.have.length(Math.min(senders.length, others))
        }
      }),
    )
  })

  it('run after all first tries, each as many rounds later as those take, and at best half an epoch later', () => {
    fc.assert(
      fc.property(shape, fc.integer({ min: 20, max: 120 }), fc.integer({ min: 0, max: 4 }), (given, seconds, lanes) => {
        const params = { ...PARAMS, epochSeconds: seconds, lanes }
        const { sessions, repeats, rounds } = assign(facts(given), params)
        for (const repeat of repeats) {
          expect(repeat.round - firstOf(sessions, repeat).round).to.be.at.least(rounds)
          expect(repeat.round).to.be.below(roundsAvailable(params))
        }
        const from = Math.min(...repeats.map(({ round }) => round))
        if (roundsAvailable(params) >= 2 * rounds) expect(from).to.be.at.least(Math.floor(roundsAvailable(params) / 2))
      }),
    )
  })

  it('never give a provider two sessions in a round, a round more than its lanes, or a verifier too much load', () => {
    const loadKbps = 3 * senderLoadKbps(CLAIM_KBPS, 3)
    const capacity = fc.integer({ min: loadKbps, max: 3 * loadKbps })
    fc.assert(
      fc.property(shape, fc.integer({ min: 1, max: 4 }), capacity, (given, lanes, capacityKbps) => {
        const { sessions, repeats } = assign(facts({ ...given, capacityKbps }), { ...LONG, lanes })
        for (const round of new Set(repeats.map(one => one.round))) {
          const others = [...sessions, ...repeats].filter(one => one.round === round)
          expect(new Set(others.map(({ provider }) => provider)).size).to.equal(others.length)
          expect(others.length).to.be.at.most(lanes)
          const load = new Map<number, number>()
          for (const { receiver, senders, claimKbps } of others) {
            const k = senders.length
            const add = (party: number, kbps: number) => load.set(party, (load.get(party) ?? 0) + kbps)
            add(receiver, k * senderLoadKbps(claimKbps, k))
            for (const sender of senders) add(sender, senderLoadKbps(claimKbps, k))
          }
          for (const carried of load.values()) expect(carried).to.be.at.most(capacityKbps)
        }
      }),
    )
  })

  it('keep the providers of one link together', () => {
    const link = keccakText('a link')
    const chain = facts({ verifiers: 8, providers: 3 })
    const providers = chain.providers.map((one, i) => (i < 2 ? { ...one, link } : one))
    const { repeats } = assign({ ...chain, providers }, { ...LONG, lanes: 0 })
    const when = (index: number) =>
      repeats
        .filter(({ providerIndex }) => providerIndex === index)
        .map(({ round, receiver, startsWith }) => ({ round, receiver, startsWith }))
    expect(when(0)).to.have.length(8)
    expect(when(1)).to.deep.equal(when(0))
  })

  it('of a group are a group again, without the senders of its first try as far as the set allows', () => {
    const capacityKbps = 3 * senderLoadKbps(CLAIM_KBPS / 2, 3)
    const { sessions, repeats } = assign(facts({ verifiers: 20, providers: 1, capacityKbps }), {
      ...LONG,
      receivers: 8,
    })
    expect(repeats).to.have.length(8)
    for (const round of new Set(repeats.map(one => one.round))) {
      const group = repeats.filter(one => one.round === round)
      expect(group).to.have.length(2)
      const first = group.map(one => firstOf(sessions, one))
      expect(new Set(first.map(one => one.round)).size).to.equal(1)
      const [before, after] = [first, group].map(tries => tries.flatMap(({ senders }) => senders))
      expect(new Set([...before!, ...after!, ...group.map(({ receiver }) => receiver)]).size).to.equal(14)
    }
  })

  it('are the same for the same facts, and their senders differ for another beacon', () => {
    const repeats = (beacon: string) => assign(facts({ verifiers: 9, providers: 3, beacon }), LONG).repeats
    expect(repeats('a')).to.deep.equal(repeats('a'))
    expect(repeats('a')).not.to.deep.equal(repeats('b'))
  })

  it('attack: sybils fill the epoch with first tries, so that no low reading has a second, and none counts', () => {
    const seconds = Math.ceil((PARAMS.leadMs + 6 * PARAMS.slotMs + tailMs(PARAMS.slotMs)) / 1000)
    for (const providers of [1, 40]) {
      const { sessions, repeats, rounds } = assign(facts({ verifiers: 5, providers }), {
        ...{ ...PARAMS, epochSeconds: seconds },
      })
      expect(rounds).to.equal(3)
      expect(repeats).to.have.length(sessions.length)
    }
  })
})
