import { expect } from 'chai'
import { ZERO_HASH } from '../../../proto/hex.js'
import { type Leaf, STATUS } from '../../../proto/leaf.js'
import type { EpochOutcome } from '../../network/result.js'
import type { NodeExit } from '../../process/spawn.js'
import { PROVIDER_PROFILES } from '../../profiles/profiles.js'
import { type ScenarioRecord, scenarioFailures } from '../expectations.js'
import { scenarioSchema } from '../scenario.js'

const STAKE = 1000n
const CLAIM = 25_000

const leaf = (rateKbps: number, provider = '0xaa', breachBits = 0) =>
  ({
    provider,
    status: STATUS.measured,
    rateKbps,
    claimKbps: CLAIM,
    breachBits,
    penaltyBps: 0,
    epoch: 1,
  }) as unknown as Leaf

const epoch = (
  number: number,
  round: number | undefined,
  nonSigners: number[] = [],
  leaves: Leaf[] = [],
): EpochOutcome => ({
  ...{ epoch: number, leaves, ballots: 4, frozen: [1, 2, 3, 4] },
  report: round === undefined ? undefined : ({ round, nonSigners, header: { epoch: number } } as never),
})

function record(epochs: EpochOutcome[], more: Partial<ScenarioRecord> = {}): ScenarioRecord {
  const verifier = (index: number) => ({
    planned: { name: `verifier-${index}`, profile: 'honest' },
    ...{ index, address: ZERO_HASH, bondBefore: STAKE, bondAfter: STAKE },
  })
  const provider = (name: string, address: string, profile: string, deliversKbps: number) => ({
    planned: { name, profile: PROVIDER_PROFILES[profile], claimKbps: CLAIM, deliversKbps },
    ...{ address, stakeBefore: STAKE, stakeAfter: STAKE },
  })
  return {
    ...{ epochs, settlements: [], exits: [], down: [], faults: [], troubles: [], aftermath: [], signed: new Map() },
    ...{ statuses: new Map(), memoryGrowth: new Map() },
    verifiers: [1, 2, 3, 4].map(verifier) as never,
    providers: [
      provider('provider-1', '0xaa', 'honest', CLAIM),
      provider('provider-2', '0xbb', 'throttled', CLAIM / 10),
    ] as never,
    ...more,
  }
}

const failures = (given: ScenarioRecord, expected: object = {}) =>
  scenarioFailures(given, scenarioSchema.parse({ title: 'a', about: 'b', epochs: 3, expect: expected }).expect)

const exit = (name: string, code: number | null, signal: string | null = null): NodeExit =>
  ({ name, code, signal, wanted: false, lastLog: ['why'] }) as NodeExit

describe('what must come of a scenario', () => {
  it('is every report, in time, or the ones that the file names', () => {
    expect(failures(record([epoch(1, 0), epoch(2, 2)]))).to.deep.equal([])
    expect(failures(record([epoch(1, 0), epoch(2, undefined)]))).to.deep.equal(['Epoch 2 has no report.'])
    expect(failures(record([epoch(1, undefined)]), { reports: { but: [1] } })).to.deep.equal([])
    expect(failures(record([epoch(1, undefined)]), { reports: 'none' })).to.deep.equal([])
    expect(failures(record([epoch(1, 0)]), { reports: 'none' }).join()).to.include('nobody may certify one')
    expect(failures(record([epoch(1, 3)])).join()).to.include('came in round 3')
    expect(failures(record([epoch(1, 3)]), { reports: { but: [1] } })).to.deep.equal([])
  })

  it('is no wrong score, of an honest or of a slow provider', () => {
    const scored = (leaves: Leaf[]) => failures(record([epoch(1, 0, [], leaves)])).join()
    expect(scored([leaf(CLAIM), leaf(CLAIM / 10, '0xbb')])).to.equal('')
    expect(scored([leaf(CLAIM / 2)])).to.include('provider-1 was certified at 12500')
    expect(scored([leaf(CLAIM, '0xaa', 1)])).to.include('provider-1 has a breach')
    expect(scored([leaf(CLAIM, '0xbb')])).to.include('provider-2 was certified at 25000')
  })

  it('is that those lose who should, and nobody else', () => {
    const good = record([epoch(1, 0)])
    const poorer = good.providers.map(one => ({ ...one, stakeAfter: STAKE - 1n }))
    expect(failures(good, { slashed: ['provider-2'] })).to.deep.equal(['provider-2 lost no stake.'])
    expect(failures({ ...good, providers: poorer }, { slashed: ['provider-2'] })).to.deep.equal([
      'provider-1 lost 1 wei of its stake.',
    ])
    const either = { slashed: ['provider-2'], mayBeSlashed: ['provider-1', 'provider-2'] }
    for (const one of [good, { ...good, providers: poorer }]) expect(failures(one, either)).to.deep.equal([])
    const convicted = good.verifiers.map((one, i) => (i === 3 ? { ...one, bondAfter: 0n } : one))
    expect(failures({ ...good, verifiers: convicted }, { convicted: ['verifier-4'] })).to.deep.equal([])
    expect(failures({ ...good, verifiers: convicted }).join()).to.include('verifier-4 lost 1000 wei of its bond')
  })

  it('is that a process ends for a reason, and comes back or is meant to stay away', () => {
    const ended = (exits: NodeExit[], down: NodeExit[], expected = {}) =>
      failures(record([epoch(1, 0)], { exits, down }), expected).join()
    const full = exit('verifier-2', 6)
    expect(ended([full, exit('verifier-3', null, 'SIGKILL')], [])).to.equal('')
    expect(ended([full], [full])).to.include('verifier-2 ended with exit code 6 and did not come back: why')
    expect(ended([exit('verifier-2', 1)], [])).to.include('verifier-2 ended with exit code 1')
    expect(ended([exit('verifier-2', null, 'SIGSEGV')], [])).to.include('verifier-2 was ended by SIGSEGV')
    const twin = exit('verifier-2-twin', 9)
    expect(ended([twin], [twin], { ends: { 'verifier-2': 9 } })).to.equal('')
    expect(ended([], [], { ends: { 'verifier-2': 9 } })).to.include('No process of verifier-2 ended with exit code 9')
  })

  it('is that a verifier signs again within two epochs of its trouble', () => {
    const troubles = [{ name: 'verifier-1', fromEpoch: 1, toEpoch: 1 }]
    const then = (...nonSigners: number[][]) =>
      failures(
        record(
          nonSigners.map((positions, i) => epoch(i + 1, 0, positions)),
          { troubles },
        ),
      )
    expect(then([0], [0], [])).to.deep.equal([])
    expect(then([0], [0])).to.deep.equal([]) // not due yet
    expect(then([0], [0], [0]).join()).to.include('verifier-1 signed nothing within 2 epochs')
    const late = (epochs: number[]) => ({ troubles, signed: new Map([[1, new Set(epochs)]]) })
    const three = [0, 1, 2].map(i => epoch(i + 1, 0, [0]))
    expect(failures(record(three, late([3])))).to.deep.equal([]) // after the certificate
    expect(failures(record(three, late([1])))).to.have.length(1)
    troubles.push({ name: 'verifier-1', fromEpoch: 3, toEpoch: 3 })
    expect(then([0], [0], [0])).to.deep.equal([]) // in trouble again
  })

  it('is what a status must show, and no more memory than allowed', () => {
    const seen = record([epoch(1, 0)], {
      statuses: new Map([['verifier-2', new Set(['{"fault":"answers 502"}'])]]),
      memoryGrowth: new Map([['verifier-1', 120]]),
    })
    expect(failures(seen, { status: { 'verifier-2': ['502', 'fault'] } })).to.deep.equal([])
    expect(failures(seen, { status: { 'verifier-2': ['502', '503'] } }).join()).to.include('never said "503"')
    expect(failures(seen, { memory: 100 }).join()).to.include('grew by 120 MB')
  })
})
