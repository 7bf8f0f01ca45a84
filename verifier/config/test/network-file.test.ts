import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import { paramsFault, soakSlotMs } from '../check-params.js'
import { UserError } from '../errors.js'
import { loadNetworkFile, type NetworkFile, saveNetworkFile } from '../network-file.js'

const address = (byte: string) => `0x${byte.repeat(20)}` as const

const NETWORK: NetworkFile = {
  name: 'devnet',
  chainId: 31337,
  contracts: {
    stakeToken: address('01'),
    stakeVault: address('02'),
    verifierRegistry: address('03'),
    providerRegistry: address('04'),
    epochReports: address('05'),
    slashingManager: address('06'),
    rewardsDistributor: address('07'),
    decoys: address('08'),
    equivocationSlasher: address('09'),
    offers: address('0a'),
    transferEscrow: address('0b'),
    lanes: address('0c'),
  },
  deployBlock: 1,
  params: DEVNET,
}

describe('network file', () => {
  let dir: string
  let path: string

  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-network-'))
    path = join(dir, 'network.json')
  })
  afterEach(() => rm(dir, { recursive: true }))

  it('is read back as it was saved', async () => {
    await saveNetworkFile(path, NETWORK)
    expect(await loadNetworkFile(path)).to.deep.equal(NETWORK)
  })

  const bad: [name: string, text: () => string, says: RegExp][] = [
    ['text that is not JSON', () => '{"name":', /not valid JSON/],
    [
      'a missing parameter',
      () => JSON.stringify({ ...NETWORK, params: { ...DEVNET, slotMs: undefined } }),
      /params\.slotMs/,
    ],
    ['an unknown parameter', () => JSON.stringify({ ...NETWORK, params: { ...DEVNET, slotMillis: 1 } }), /slotMillis/],
    [
      'slots too short for the soaks that are due',
      () => JSON.stringify({ ...NETWORK, params: { ...DEVNET, soakShareBps: 500 } }),
      /slotMs \d+ is too short for a soak.* at params/,
    ],
    [
      'soaks in which a low reading has no time',
      () => JSON.stringify({ ...NETWORK, params: { ...DEVNET, soakShareBps: 500, slotMs: 60_000, yieldMs: 5_000 } }),
      /soakMs 12000 is too short: in half of it a low reading needs 6290 ms/,
    ],
    [
      'soaks longer than the budget of a session',
      () => JSON.stringify({ ...NETWORK, params: { ...DEVNET, soakShareBps: 500, slotMs: 60_000, soakMs: 15_000 } }),
      /longer than a relay's budget/,
    ],
    ...[0, 1_001].map((halfLifeWindows): [string, () => string, RegExp] => [
      `a half-life of ${halfLifeWindows} windows`,
      () => JSON.stringify({ ...NETWORK, params: { ...DEVNET, halfLifeWindows } }),
      /halfLifeWindows \d+ is not between 1 and 1000 at params/,
    ]),
    [
      'a bad address',
      () => JSON.stringify({ ...NETWORK, contracts: { ...NETWORK.contracts, stakeVault: '0x12' } }),
      /contracts\.stakeVault/,
    ],
    ['a chain id that is not a number', () => JSON.stringify({ ...NETWORK, chainId: '31337' }), /chainId/],
  ]
  for (const [name, text, says] of bad) {
    it(`refuses ${name} in one line`, async () => {
      await writeFile(path, text())
      const error = await caught(loadNetworkFile(path))
      expect(error).to.include({ code: 'configuration', exitCode: 3 })
      expect(error.message).to.match(says).and.to.include(path).and.not.to.include('\n')
    })
  }

  it('accepts soaks that fit their slots', async () => {
    const params = { ...DEVNET, soakShareBps: 500, slotMs: soakSlotMs(DEVNET), epochSeconds: 3_600 }
    await saveNetworkFile(path, { ...NETWORK, params })
    expect((await loadNetworkFile(path)).params).to.deep.equal(params)
  })

  it('refuses claims too small to measure, and slots that their low readings outlast', () => {
    const real = { ...DEVNET, yieldMs: 4_000, slotMs: 12_000, epochSeconds: 3_600 }
    expect(paramsFault({ ...real, minClaimKbps: 1_250 })).to.equal(undefined)
    for (const minClaimKbps of [0, 1, 1_000])
      expect(paramsFault({ ...real, minClaimKbps })).to.match(/^minClaimKbps \d+ is too small to measure: .* 8000 ms/)
    expect(paramsFault({ ...DEVNET, minClaimKbps: 5_000 })).to.equal(
      'slotMs 1700 is too short for a low reading: with minClaimKbps 5000 and yieldMs 1000 a slot needs 1836 ms',
    )
    expect(paramsFault({ ...DEVNET, minClaimKbps: 5_000, slotMs: 1_836 })).to.equal(undefined)
    expect(paramsFault({ ...DEVNET, yieldMs: 4_000 })).to.include('slotMs 1700 is too short for a low reading')
  })

  it('refuses a window that does not divide an era', () => {
    expect(paramsFault({ ...DEVNET, windowEpochs: 2, eraEpochs: 5 })).to.include('windowEpochs 2')
    expect(paramsFault({ ...DEVNET, windowEpochs: 0 })).to.include('windowEpochs 0')
    expect(paramsFault({ ...DEVNET, windowEpochs: 5, eraEpochs: 5 })).to.equal(undefined)
  })

  it('refuses rewards of more than the pot', () => {
    expect(paramsFault({ ...DEVNET, rewardPpm: 1_000_001 })).to.include('rewardPpm 1000001')
  })

  it('leaves decoys an epoch in which to show their seeds', () => {
    expect(paramsFault({ ...DEVNET, rewardDelayEpochs: 1 })).to.include('rewardDelayEpochs 1')
    expect(paramsFault({ ...DEVNET, rewardDelayEpochs: 2 })).to.equal(undefined)
  })

  it('says so when there is no such file', async () => {
    const error = await caught(loadNetworkFile(path))
    expect(error.exitCode).to.equal(3)
    expect(error.message).to.match(/no such file/)
  })
})

async function caught(promise: Promise<unknown>): Promise<UserError> {
  try {
    await promise
  } catch (error) {
    expect(error).to.be.instanceOf(UserError)
    return error as UserError
  }
  throw new Error('nothing was thrown')
}
