import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import type { Hex } from '../../../proto/hex.js'
import { assign, type Session } from '../../core/assignment/assign.js'
import { senderLoadKbps } from '../../core/assignment/place.js'
import { type Combined, isKept, type Try } from '../../core/scoring/two-tries.js'
import { CLAIM_KBPS, facts, PARAMS } from '../../core/test/samples.js'
import { runTries } from '../tries.js'

const LONG = { ...PARAMS, epochSeconds: 3_600, lanes: 0 }
const KEPT = { outcome: { kind: 'verified' } } as Try
const DEAD: Try = { outcome: { kind: 'dead', granted: 3 } }

/** @param outcomeOf what a session shows. @param receiver (default: that of the first session) */
async function tried(
  chain: ReturnType<typeof facts>,
  outcomeOf: (session: Session, isRepeat: boolean) => Try | undefined,
  receiver?: number,
) {
  const assignment = assign(chain, LONG)
  const ran: Session[] = []
  const told = new Map<Hex, Combined<Try>[]>()
  await runTries<Try>({
    ...{ assignment, self: receiver ?? assignment.sessions[0]!.receiver },
    run: async session => {
      ran.push(session)
      return outcomeOf(session, assignment.repeats.includes(session))
    },
    tell: (provider, combined) => told.set(provider, [...(told.get(provider) ?? []), combined]),
  })
  return { ran, told }
}

describe('the tries of a receiver', () => {
  const chain = facts({ verifiers: 7, providers: 3 })
  const bad = chain.providers[1]!.account

  it('repeat only what did not show that the claim is kept', async () => {
    const { ran, told } = await tried(chain, ({ provider }) => (provider === bad ? DEAD : KEPT))
    expect(ran).to.have.length(4)
    expect(ran.filter(({ provider }) => provider === bad)).to.have.length(2)
    expect(told.get(bad)).to.deep.equal([
      { result: DEAD, other: undefined, second: false },
      { result: DEAD, other: DEAD, second: false },
    ])
    for (const { account } of [chain.providers[0]!, chain.providers[2]!]) {
      expect(told.get(account)).to.deep.equal([{ result: KEPT, other: undefined, second: false }])
    }
  })

  it('keep what the second shows', async () => {
    const { told } = await tried(chain, (_, isRepeat) => (isRepeat ? KEPT : DEAD))
    expect(told.get(bad)!.at(-1)).to.deep.equal({ result: KEPT, other: DEAD, second: true })
  })

  it('run the second for a node that came up after the first', async () => {
    const { told } = await tried(chain, (_, isRepeat) => (isRepeat ? DEAD : undefined))
    expect(told.get(bad)!.at(-1)).to.deep.equal({ result: DEAD, other: undefined, second: true })
  })

  it('repeat all providers of a link together', async () => {
    const link = keccakText('a link')
    const linked = { ...chain, providers: chain.providers.map(one => ({ ...one, link })) }
    const { ran } = await tried(linked, ({ provider }) => (provider === bad ? DEAD : KEPT))
    expect(ran).to.have.length(6)
  })

  it('are always two in a group of receivers, and the vote rests on the second', async () => {
    const grouped = facts({ verifiers: 9, providers: 1, capacityKbps: 3 * senderLoadKbps(CLAIM_KBPS / 2, 3) })
    const { ran, told } = await tried(grouped, (_, isRepeat) => (isRepeat ? DEAD : KEPT))
    expect(ran).to.have.length(2)
    expect(isKept(told.get(grouped.providers[0]!.account)!.at(-1)!.other)).to.equal(true)
    expect(told.get(grouped.providers[0]!.account)!.at(-1)).to.include({ result: DEAD, second: true })
  })

  it('are always two beside a neighbour’s group, and the vote rests on the milder', async () => {
    const link = keccakText('a link')
    const capacityKbps = 1.6 * 3 * senderLoadKbps(2 * CLAIM_KBPS, 3)
    const pair = facts({ verifiers: 9, providers: 2, capacityKbps })
    const providers = pair.providers.map((one, i) => ({ ...one, link, claimKbps: (i === 0 ? 1 : 4) * CLAIM_KBPS }))
    const { account } = providers[0]!
    const self = assign({ ...pair, providers }, LONG).besideOf(account)[0]!
    const { ran, told } = await tried({ ...pair, providers }, (_, isRepeat) => (isRepeat ? DEAD : KEPT), self)
    expect(ran.filter(({ provider }) => provider === account)).to.have.length(2)
    expect(told.get(account)!.at(-1)).to.deep.equal({ result: KEPT, other: DEAD, second: false })
  })
})
