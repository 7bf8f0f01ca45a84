import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import { faultsTolerated } from '../../../proto/quorum.js'
import { carried, machineEvent, startDelaySeconds, warningOf } from '../carried.js'
import { testnetParams } from '../epoch-length.js'
import { lineOf } from '../live-view.js'
import { measureMachine, USUAL_MACHINE } from '../machine.js'

const SIZE = { verifiers: 5, providers: 4, claimKbps: 25_000 }
const LARGE = { ...SIZE, verifiers: 16, providers: 8 }
const PHASES = ['commitMs', 'revealMs', 'listMs', 'roundMs'] as const
/** What the checks of all signatures of a phase take on all cores: of a phase's messages each verifier checks every one. */
const checksMs = (verifiers: number, checks: number, { cores, checkMs } = USUAL_MACHINE): number =>
  (verifiers ** 2 * checks * checkMs) / cores

describe('what a machine carries', () => {
  it('is the devnet for the default mix on the usual machine', () => {
    for (const checkMs of [1.3, 1.5]) {
      const machine = { ...USUAL_MACHINE, checkMs }
      const params = carried(SIZE, machine)
      expect(params).to.deep.equal({
        ...{ lanes: DEVNET.lanes, slotMs: DEVNET.slotMs, receivers: 5, tickMs: DEVNET.tickMs, leadMs: DEVNET.leadMs },
        ...{ commitMs: DEVNET.commitMs, revealMs: DEVNET.revealMs, listMs: DEVNET.listMs, roundMs: DEVNET.roundMs },
        rankDelayMs: DEVNET.rankDelayMs,
      })
      expect(warningOf(SIZE, machine)).to.equal(undefined)
    }
  })

  it('is as many sessions at once on a slower machine, in longer slots', () => {
    const [usual, slower, slow] = [1, 1.5, 2].map(times =>
      carried(SIZE, { ...USUAL_MACHINE, checkMs: times * USUAL_MACHINE.checkMs }),
    )
    expect([slower!.lanes, slow!.lanes]).to.deep.equal([usual!.lanes, usual!.lanes])
    expect(slower!.slotMs).to.be.within(1.5 * usual!.slotMs, 1.8 * usual!.slotMs)
    expect(slow!.slotMs).to.be.within(2.5 * usual!.slotMs, 3 * usual!.slotMs)
  })

  it('leaves time for all ballots of a set on a machine that gets four times slower after it was measured', () => {
    const slower = { ...USUAL_MACHINE, checkMs: 4 * USUAL_MACHINE.checkMs }
    for (const verifiers of [5, 12, 16, 31, 64]) {
      const { commitMs, revealMs } = carried({ ...SIZE, verifiers }, USUAL_MACHINE)
      expect(checksMs(verifiers, 1, slower), `commits of ${verifiers}`).to.be.below(commitMs)
      expect(checksMs(verifiers, 2, slower), `ballots of ${verifiers}`).to.be.below(revealMs)
    }
  })

  it('grows its phases with the set and with the slowness of the machine', () => {
    const times = [
      carried(SIZE, USUAL_MACHINE),
      carried(LARGE, USUAL_MACHINE),
      carried(LARGE, { cores: 1, checkMs: 3 }),
    ]
    for (const phase of PHASES) {
      const [few, many, slow] = times.map(one => one[phase])
      expect(many).to.be.above(few!)
      expect(slow).to.equal(4 * many!)
    }
  })

  it('runs no more sessions at once than cores and claim allow, and at least one', () => {
    const lanes = (claimKbps: number, cores: number) =>
      carried({ ...SIZE, claimKbps }, { ...USUAL_MACHINE, cores }).lanes
    expect([1, 2, 4, 8, 64].map(cores => lanes(25_000, cores))).to.deep.equal([2, 4, 8, 16, 16])
    expect(lanes(500_000, 2)).to.equal(2)
    expect(lanes(10_000_000, 2)).to.equal(1)
  })

  it('has longer slots if its nodes leave little time for sessions when they are idle, and not if few run at once', () => {
    const slotMs = (verifiers: number, providers: number) =>
      carried({ ...SIZE, verifiers, providers }, USUAL_MACHINE).slotMs
    expect([slotMs(7, 4), slotMs(23, 1)]).to.deep.equal([DEVNET.slotMs, DEVNET.slotMs])
    expect(slotMs(8, 8)).to.be.within(1.1 * DEVNET.slotMs, 1.3 * DEVNET.slotMs)
    expect(slotMs(16, 8)).to.be.within(1.7 * DEVNET.slotMs, 2.1 * DEVNET.slotMs)
    expect(slotMs(64, 64), 'it is warned of').to.be.within(slotMs(16, 8), 2 * slotMs(16, 8))
  })

  it('has each provider measured by some of a large set only, and by enough to outvote two liars', () => {
    expect(carried(LARGE, USUAL_MACHINE).receivers).to.equal(8)
    expect(faultsTolerated(carried({ ...SIZE, verifiers: 64, providers: 64 }, USUAL_MACHINE).receivers)).to.equal(2)
    expect(carried({ ...SIZE, verifiers: 12, providers: 1 }, USUAL_MACHINE).receivers).to.equal(12)
  })

  it('starts the network once every verifier has its first tokens, and in the epoch before the first at the latest', () => {
    const delay = (size: typeof SIZE, machine = USUAL_MACHINE) => {
      const params = testnetParams({ ...size, soaks: false }, machine)
      const seconds = startDelaySeconds(params, size, machine)
      expect(seconds).to.be.at.most(params.epochSeconds)
      return seconds
    }
    expect(delay(SIZE)).to.equal(6)
    expect(delay(LARGE)).to.be.within(14, 26)
    delay({ ...SIZE, verifiers: 64, providers: 64 })
  })

  it('is told with what to do if it is too little', () => {
    const told = (size: typeof SIZE, machine = USUAL_MACHINE) =>
      lineOf(machineEvent(size, testnetParams({ ...size, soaks: false }, machine), machine))
    expect(told(SIZE)).to.equal(
      'machine: it carries 4 sessions at once; epochs of 22 s, in which 5 verifiers measure each provider',
    )
    expect(told(LARGE)).to.not.include('too late')
    expect(told({ ...SIZE, verifiers: 64, providers: 64 }))
      .to.include('carries about 25 nodes')
      .and.include('Pass fewer')
    expect(told({ ...SIZE, claimKbps: 10_000_000 })).to.include('Pass a lower --claim')
  })

  it('is measured in processor time', async () => {
    const { cores, checkMs } = await measureMachine()
    expect(cores).to.be.at.least(1)
    expect(checkMs, 'no machine has two pairings in less').to.be.above(0.1)
  })
})
