import { expect } from 'chai'
import { SILENT_SESSION_MS, START_LEAD_MS } from '../../../probe/constants.js'
import { paramsFault } from '../../../verifier/config/check-params.js'
import { agreementTiming, roundsOf } from '../../../verifier/core/agreement/phases.js'
import { roundsAvailable } from '../../../verifier/core/assignment/assign.js'
import { narrowParams, testnetParams } from '../epoch-length.js'
import { USUAL_MACHINE } from '../machine.js'

const CLAIM_KBPS = 25_000
const SHAPE = { verifiers: 5, providers: 2, claimKbps: CLAIM_KBPS, soaks: false }
const LARGE = { ...SHAPE, claimKbps: 40_000 }

describe('testnetParams', () => {
  const seconds = (verifiers: number, providers: number) =>
    testnetParams({ ...SHAPE, verifiers, providers }, USUAL_MACHINE).epochSeconds

  it('gives the default mix of 5 verifiers and 4 providers twice 5 rounds, so 22 seconds', () =>
    expect(seconds(5, 4)).to.equal(22))
  it('gives the smallest mix 12 seconds', () => expect(seconds(2, 1)).to.equal(12))
  it('gives a single provider two slots for each verifier', () => expect(seconds(12, 1)).to.equal(49))
  it('grows with the mix', () => expect(seconds(8, 8)).to.equal(73))

  it('has room for three leaders in the epoch after, whatever the set and the machine', () => {
    for (const verifiers of [4, 5, 16, 31, 64]) {
      for (const checkMs of [0.4, 1.5, 6]) {
        const params = testnetParams({ ...SHAPE, verifiers }, { cores: 2, checkMs })
        const clock = { genesisMs: 0, epochMs: params.epochSeconds * 1000, eraEpochs: params.eraEpochs }
        expect(roundsOf(agreementTiming(clock, params, 1)), `${verifiers}, ${checkMs} ms`).to.be.at.least(3)
        expect(paramsFault(params)).to.equal(undefined)
      }
    }
  })

  it('leaves a session of the last slot, in which nothing arrives, the time to end', () => {
    const { epochSeconds, leadMs, slotMs, ...params } = testnetParams({ ...SHAPE, providers: 4 }, USUAL_MACHINE)
    const lastSlotMs = leadMs + (roundsAvailable({ epochSeconds, leadMs, slotMs }) - 1) * slotMs
    expect(epochSeconds * 1000 - lastSlotMs - params.offsetMs).to.be.at.least(SILENT_SESSION_MS)
  })
})

describe('narrowParams', () => {
  const rounds = (verifiers: number, providers: number, capacityKbps: number) => {
    const params = narrowParams({ ...LARGE, verifiers, providers }, capacityKbps, USUAL_MACHINE)
    return roundsAvailable(params)
  }

  it('has two rounds for every group of receivers and every provider', () => {
    expect(rounds(5, 2, 50_000)).to.equal(2 * 2 * 2)
    expect(rounds(7, 2, 25_000)).to.equal(2 * 2 * 2)
    expect(rounds(5, 2, 70_000)).to.equal(2 * 5 * 2)
  })

  it('has slots in which a group completes its handshakes before it starts', () => {
    const { offsetMs, slotMs } = narrowParams(LARGE, 50_000, USUAL_MACHINE)
    expect(offsetMs).to.be.at.least(START_LEAD_MS)
    expect(slotMs).to.be.greaterThan(2 * offsetMs)
  })

  it('refuses a claim that no group of verifiers can take', () =>
    expect(() => narrowParams({ ...LARGE, verifiers: 7, providers: 1 }, 20_000, USUAL_MACHINE)).to.throw(
      '--capacity 20 is too little',
    ))
})

describe('a network of soaks', () => {
  const shape = { ...SHAPE, soaks: true }
  const large = { ...LARGE, soaks: true }

  it('has slots with room for soaks, for single receivers and for groups', () => {
    for (const params of [testnetParams(shape, USUAL_MACHINE), narrowParams(large, 50_000, USUAL_MACHINE)]) {
      expect(paramsFault(params)).to.equal(undefined)
      expect(params.soakShareBps).to.equal(10_000)
    }
  })

  it('has as many rounds as a network without soaks', () => {
    const [soaking, plain] = [shape, SHAPE].map(one => roundsAvailable(testnetParams(one, USUAL_MACHINE)))
    expect(soaking).to.equal(plain)
  })
})
