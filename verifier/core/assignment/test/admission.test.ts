import { expect } from 'chai'
import fc from 'fast-check'
import type { NetworkId } from '../../../../proto/digests.js'
import type { EpochClock } from '../../../../proto/epoch.js'
import { keccakText } from '../../../../proto/hash.js'
import { fromHex } from '../../../../proto/hex.js'
import { account, PARAMS as DEVNET, facts as factsOf } from '../../test/samples.js'
import { type Asker, admit, assignedSessionId, type Sender } from '../admission.js'
import { assign } from '../assign.js'
import { CLOCK_TOLERANCE_MS, slotStartMs } from '../slots.js'

const network: NetworkId = { chainId: 31_337, contract: account('reports') }
const facts = factsOf({ verifiers: 7, providers: 3 })
const PARAMS = { ...DEVNET, epochSeconds: 60 }
const clock: EpochClock = { genesisMs: 1_000_000, epochMs: PARAMS.epochSeconds * 1000, eraEpochs: PARAMS.eraEpochs }
const assignment = assign(facts, PARAMS)
const peerOf = (verifier: number) => `peer of ${verifier}`

/** A session, one of its senders' places, and the receiver's request for it at the start of the slot. */
function due(which: number, slot: number) {
  const sessions = [...assignment.sessions, ...assignment.repeats]
  const session = sessions[which % sessions.length]!
  const place = slot % session.senders.length
  const nonce = keccakText(`nonce ${which}`)
  const sender: Sender = {
    ...{ self: session.senders[place]!, network, clock, params: PARAMS, facts, assignment },
    nowMs: slotStartMs(clock, facts.epoch, session.round, PARAMS),
  }
  const invite = {
    ...{ epoch: facts.epoch, provider: fromHex(session.provider), receiver: session.receiver, slot: place },
    ...{ nonce: fromHex(nonce), sessionId: fromHex(assignedSessionId(network, facts, session, nonce)) },
  }
  const asker: Asker = { peerId: peerOf(session.receiver), receiverPeerId: peerOf(session.receiver) }
  return { session, sender, invite, asker }
}

const anyDue = fc.tuple(fc.nat(), fc.nat()).map(([which, slot]) => due(which, slot))

describe('admission of an invitation', () => {
  it('serves every assigned session to its receiver in its slot', () => {
    fc.assert(
      fc.property(anyDue, ({ session, sender, invite, asker }) => {
        expect(admit(invite, asker, sender)).to.deep.equal({ ok: true, session })
      }),
    )
  })

  it('serves a repeat in its own slot, and the first try in no other', () => {
    const firstTries = assignment.sessions.length
    expect(assignment.repeats).to.have.length(firstTries)
    fc.assert(
      fc.property(fc.nat({ max: firstTries - 1 }), fc.nat(), (which, slot) => {
        const [first, repeat] = [due(which, slot), due(firstTries + which, slot)]
        const late = admit(first.invite, first.asker, { ...first.sender, nowMs: repeat.sender.nowMs })
        expect(late.ok).to.equal(false)
        expect(admit(repeat.invite, repeat.asker, repeat.sender)).to.have.property('ok', true)
      }),
    )
  })

  it('serves a session for no verifier but the one in the place that the invitation names', () => {
    fc.assert(
      fc.property(anyDue, fc.constantFrom(...facts.verifiers), ({ sender, invite, asker }, { index }) => {
        expect(admit(invite, asker, { ...sender, self: index }).ok).to.equal(index === sender.self)
      }),
    )
  })

  it('serves the slot to the millisecond, and nothing before or after', () => {
    const { session, sender, invite, asker } = due(0, 0)
    const startMs = slotStartMs(clock, facts.epoch, session.round, PARAMS)
    const spanMs = PARAMS.offsetMs + CLOCK_TOLERANCE_MS
    const at = (nowMs: number) => admit(invite, asker, { ...sender, nowMs })
    expect(at(startMs - spanMs).ok && at(startMs + spanMs).ok).to.equal(true)
    const refused = { ok: false, reason: 'not the time of its slot' }
    expect(at(startMs - spanMs - 1)).to.deep.equal(refused)
    expect(at(startMs + spanMs + 1)).to.deep.equal(refused)
    expect(at(sender.nowMs + clock.epochMs)).to.deep.equal(refused)
  })

  const { session, sender, invite, asker } = due(1, 1)
  const bytes = (text: string) => fromHex(keccakText(text))
  const REFUSED: [what: string, change: Partial<typeof invite>, reason: string][] = [
    ['a request for another epoch', { epoch: facts.epoch + 1 }, 'of another epoch'],
    ['a provider that nobody assigned', { provider: fromHex(account('stranger')) }, 'not assigned to this sender'],
    ['a receiver that nobody assigned', { receiver: 99 }, 'not assigned to this sender'],
    ['a place beyond the senders', { slot: session.senders.length }, 'not assigned to this sender'],
    ['a negative place', { slot: -1 }, 'not assigned to this sender'],
    ['the id of another nonce', { nonce: bytes('other') }, 'wrong session id'],
    ['an id of its own making', { sessionId: bytes('other') }, 'wrong session id'],
    ['an id that was cut short', { sessionId: invite.sessionId.subarray(0, 31) }, 'wrong session id'],
  ]
  for (const [what, change, reason] of REFUSED) {
    it(`refuses ${what}`, () => {
      expect(admit({ ...invite, ...change }, asker, sender)).to.deep.equal({ ok: false, reason })
    })
  }

  it('refuses the peer of another verifier, and a receiver that has announced no peer', () => {
    const refused = { ok: false, reason: 'not from its receiver' }
    expect(admit(invite, { ...asker, peerId: peerOf(99) }, sender)).to.deep.equal(refused)
    expect(admit(invite, { ...asker, receiverPeerId: undefined }, sender)).to.deep.equal(refused)
  })

  it('refuses an id that was made for another beacon, era, chain or contract', () => {
    const nonce = keccakText('nonce 1')
    const others = [
      assignedSessionId(network, { ...facts, beacon: keccakText('other') }, session, nonce),
      assignedSessionId(network, { ...facts, era: facts.era + 1 }, session, nonce),
      assignedSessionId({ ...network, chainId: 1 }, facts, session, nonce),
      assignedSessionId({ ...network, contract: account('other') }, facts, session, nonce),
    ]
    for (const id of others) {
      expect(admit({ ...invite, sessionId: fromHex(id) }, asker, sender)).to.have.property('reason', 'wrong session id')
    }
  })
})
