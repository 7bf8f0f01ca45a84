import { expect } from 'chai'
import { keysFromSeed } from '../../../verifier/config/keys.js'
import type { NodeExit } from '../../process/spawn.js'
import type { VerifierProfile } from '../../profiles/profiles.js'
import type { SeenEquivocation } from '../chain-reader.js'
import { type VerifierRecord, verifierFailures, verifierResult } from '../verifier-result.js'

const BOND = 1000n
const LINE = 'bandwitness: Another process uses the keys of verifier 6.'

const verifier = (profile: VerifierProfile, lost = 0n): VerifierRecord => ({
  planned: {
    ...{ name: 'verifier-6', role: 'verifier', profile, profileName: profile, capacityKbps: 1 },
    ...{ keys: keysFromSeed('result', 'verifier-6'), dataDir: '/nowhere', log: '/nowhere.log', host: '127.0.0.1' },
  },
  ...{ index: 6, address: '0x06', bondBefore: BOND, bondAfter: BOND - lost },
})
const proven = (over: Partial<SeenEquivocation> = {}): SeenEquivocation => ({
  ...{
    index: 6,
    kind: 'commit',
    epoch: 1,
    provenIn: 2,
    lastEpochOfSet: 5,
    penaltyBps: 5500,
    isOwn: false,
    txHash: '0x1',
  },
  ...over,
})
const exit = (name: string, code: number, said = LINE): NodeExit => ({
  name,
  code,
  signal: null,
  wanted: false,
  lastLog: [said],
})
const epochs = (last: number, expelledFrom = 6) =>
  Array.from({ length: last }, (_, i) => ({ epoch: i + 1, frozen: i + 1 < expelledFrom ? [1, 6] : [1] }))
const REWARDS = {
  funded: 9n,
  left: 2n,
  earned: new Map([['0x06', 8n]] as const),
  claimed: new Map([['0x06', 7n]] as const),
  faults: [],
}
const failures = (record: VerifierRecord, more: Partial<Parameters<typeof verifierFailures>[0]> = {}) =>
  verifierFailures({ verifiers: [record], epochs: epochs(7), equivocations: [], exits: [], rewards: REWARDS, ...more })

describe('the result of a run for its verifiers', () => {
  it('asks of an equivocator to lose its share in time, by another node, and to be in no later set', () => {
    const punished = verifier('equivocator', 550n)
    expect(failures(punished, { equivocations: [proven()] })).to.deep.equal([])
    expect(failures(verifier('equivocator'))).to.deep.equal(['verifier-6 (equivocator) was not proven to equivocate.'])
    expect(failures(verifier('equivocator'), { epochs: epochs(2) })).to.deep.equal([])
    const wrong = failures(verifier('equivocator', 50n), {
      equivocations: [proven({ provenIn: 4, isOwn: true })],
      epochs: epochs(7, 8),
    })
    expect(wrong.map(sentence => sentence.replace('verifier-6 (equivocator) ', ''))).to.deep.equal([
      'equivocated in epoch 1 and was charged too late, in epoch 4.',
      'was convicted by its own account.',
      'lost 50 wei of its bond, not 550.',
      'is in the frozen set of epoch 6, although it was expelled.',
    ])
  })

  it('asks of one set of keys in two processes that one of them stops and says why, and that the bond stays', () => {
    const record = verifier('twice')
    for (const name of ['verifier-6', 'verifier-6-twin']) {
      expect(failures(record, { exits: [exit(name, 9)] })).to.deep.equal([])
    }
    expect(failures(record)).to.have.length(1)
    expect(failures(record, { exits: [exit('verifier-6', 9), exit('verifier-6-twin', 9)] })).to.have.length(1)
    expect(failures(record, { exits: [exit('verifier-6', 9, 'receiving')] })[0]).to.include('did not say why')
    expect(failures(verifier('twice', 1n), { exits: [exit('verifier-6', 9)] })[0]).to.include('lost 1 wei')
  })

  it('asks of every other verifier that its bond stays', () => {
    expect(failures(verifier('honest'))).to.deep.equal([])
    expect(failures(verifier('honest', 7n))).to.have.length(1)
    expect(failures(verifier('liar-low', 7n))).to.have.length(1)
  })

  it('tells what the chain has against a verifier, and why a process of it stopped', () => {
    const seen = { equivocations: [proven()], exits: [exit('verifier-6-twin', 9)] }
    const run = { verifiers: [], epochs: [], rewards: REWARDS, ...seen }
    expect(verifierResult(run, verifier('twice', 550n))).to.deep.equal({
      ...{ name: 'verifier-6', address: '0x06', profile: 'twice', bondBefore: '1000', bondAfter: '450' },
      ...{ equivocations: [{ epoch: 1, provenIn: 2, kind: 'commit' }], stopped: LINE, earned: '8', claimed: '7' },
    })
  })
})
