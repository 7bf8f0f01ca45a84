/** Soaks over real UDP: an honest provider, a slow one, and senders of three that lend, flood, or do not do their part. */
import { expect } from 'chai'
import { ProbeFrame } from '../../../proto/messages.js'
import { type Authorization, serveProbe } from '../../sender/sender.js'
import { silent } from '../../test/fixtures/behaviours.js'
import { lending } from '../../test/fixtures/lending.js'
import { keysOf } from '../../test/fixtures/records.js'
import { type Behaviour, honest, Network, type NetworkOptions } from '../../test/harness.js'
import { type TranscriptVerification, verifyTranscript } from '../../transcript/verify.js'
import type { SessionResult } from '../../verdict/outcome.js'

const CLAIM_KBPS = 10_000
const SLOW_KBPS = 0.6 * CLAIM_KBPS
/** Each turn takes a second. */
const SOAK_MS = 6_000

/**
 * Sends nothing while all send together, and spends its grant in the other senders' turns, as fast as the relay allows. The
 * sender cannot enlarge its grant: the receiver sees the provider's grant.
 */
const flooding: Behaviour = (stream, deps) =>
  serveProbe(
    {
      ...stream,
      receive: async () => {
        const message = await stream.receive()
        if (message && ProbeFrame.decode(message).start) await new Promise(resolve => setTimeout(resolve, SOAK_MS / 2))
        return message
      },
    },
    {
      ...deps,
      authorize: async invite =>
        ({
          ...(await deps.authorize(invite)),
          ...{ claimKbps: 2 * CLAIM_KBPS, providerClaimKbps: CLAIM_KBPS, soakMs: 2 * SOAK_MS },
        }) as Authorization,
    },
  )

interface Case {
  readonly options: Partial<NetworkOptions>
  readonly behaviours?: Behaviour[]
  /** a sender holds the others up, so a reading that says so is no fault of this machine */
  readonly isHeldUp?: true
}

const SLOW: Record<string, Case> = {
  'that delivers 60 %': { options: { limitKbps: SLOW_KBPS } },
  'with a sender that lends it bandwidth': { options: { forwarding: lending(SLOW_KBPS, [0]) } },
  'with one that lends in the others’ turns too': {
    options: { forwarding: lending(SLOW_KBPS, [1]) },
    behaviours: [honest, flooding],
  },
  'in spite of a silent sender': { options: { limitKbps: SLOW_KBPS }, behaviours: [honest, honest, silent] },
}
const OTHERS = {
  honest: { options: { limitKbps: CLAIM_KBPS } },
  lentByTwo: { options: { forwarding: lending(SLOW_KBPS, [0, 2]), deliversKbps: CLAIM_KBPS } },
  flooded: { options: { limitKbps: 1.45 * CLAIM_KBPS }, behaviours: [flooding], isHeldUp: true },
} satisfies Record<string, Case>

interface Soak {
  readonly result: SessionResult
  /** verified from its record alone */
  readonly again: TranscriptVerification
  readonly rateKbps: number
  readonly story: string
}

async function soak({ options, behaviours = [], isHeldUp }: Case): Promise<Soak> {
  const network = await Network.open({ claimKbps: CLAIM_KBPS, soakMs: SOAK_MS, ...options })
  try {
    const result = await (isHeldUp
      ? network.measureAgain(
          ({ kind }) => kind === 'no-data',
          () => network.measure(behaviours),
        )
      : network.measureUndisturbed(behaviours))
    const { outcome, record } = result
    const again = await verifyTranscript(record, keysOf(network))
    const turns = record.senderRecords.map(({ turn }) => turn)
    return {
      result,
      again,
      rateKbps: 'measurement' in outcome ? outcome.measurement.rateKbps : -1,
      story: JSON.stringify({ outcome, turns, notes: network.notes }),
    }
  } finally {
    await network.close()
  }
}

/** Runs several soaks at a time: a soak is mostly waiting. */
async function soaks<Name extends string>(cases: Record<Name, Case>): Promise<Record<Name, Soak>> {
  const names = Object.keys(cases) as Name[]
  const measured = await Promise.all(names.map(name => soak(cases[name])))
  return Object.fromEntries(names.map((name, i) => [name, measured[i]])) as Record<Name, Soak>
}

describe('a soak', () => {
  let slow: Record<string, Soak>
  let others: Record<keyof typeof OTHERS, Soak>

  before(async () => {
    slow = await soaks(SLOW)
    others = await soaks(OTHERS)
  })

  it('reads the claim of a provider that delivers just that', () => {
    const { result, rateKbps, story } = others.honest
    expect(result.outcome, story).to.have.property('kind', 'verified')
    expect(rateKbps, story).to.be.at.least(0.95 * CLAIM_KBPS)
  })

  for (const name of Object.keys(SLOW)) {
    it(`reads 60 % of a provider ${name}: under, with all evidence, and its transcript verifies`, () => {
      const { result, again, rateKbps, story } = slow[name]!
      expect(result.outcome, story).to.have.property('kind', 'under')
      expect(rateKbps, story).to.be.within(0.93 * SLOW_KBPS, 1.05 * SLOW_KBPS)
      expect(again.checks.filter(({ holds }) => !holds)).to.deep.equal([])
      expect(again.outcome).to.deep.equal(result.outcome)
    })
  }

  it('reads the claim if two of three senders lend the provider bandwidth', () => {
    const { result, rateKbps, story } = others.lentByTwo
    expect(result.outcome, story).to.have.property('kind', 'verified')
    expect(rateKbps, story).to.be.at.least(0.95 * CLAIM_KBPS)
  })

  it('does not blame the provider for a sender that floods the other turns', () => {
    const { result, story } = others.flooded
    expect(result.outcome.kind, story).to.be.oneOf(['verified', 'at-least'])
  })
})
