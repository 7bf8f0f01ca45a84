import { expect } from 'chai'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import {
  encodeNobleG1,
  encodeNobleG2,
  G1,
  INFINITY_G1,
  INFINITY_G2,
  keyOf,
  outsideG1,
  outsideG2,
  swapFp2,
} from './support/bls.js'
import { expectRevert, Reverted, TX_GAS_LIMIT } from './support/evm.js'
import {
  HOUR,
  MINIMUM_VERIFIERS,
  networkForEach,
  PARAMS,
  START_DELAY,
  TestNetwork,
  VERIFIER_BOND,
} from './support/network.js'

/** Where the registry keeps how many members the next frozen set may have. */
const MEMBERS_SLOT = '0x3'

describe('contracts: registration of verifiers', () => {
  const net = networkForEach(() => TestNetwork.create())
  const key = keyOf('candidate')
  let account: Hex
  beforeEach(async () => {
    account = net().newAccount()
    await net().deposit(net().registry, account, VERIFIER_BOND)
  })
  const refused = (publicKey: Hex, proof: Hex, error: string, ...args: unknown[]) =>
    expectRevert(net().registry.send(account, 'register', publicKey, proof, 1), error, ...args)
  const unproven = (publicKey: Hex, proof: Hex) => refused(publicKey, proof, 'InvalidProofOfPossession', account)

  it('takes the bond, gives an index, and tells what to rebuild the state from', async () => {
    const receipt = await net().register(account, key)
    const [event] = net().registry.events(receipt, 'Registered')
    expect([event?.args.index, event?.args.blsKey]).to.deep.equal([1n, key.publicKey])
    expect(await net().vault.read('activeStake', net().registry.address, account)).to.equal(VERIFIER_BOND)
    const found = await net().registry.read<{ blsKey: Hex; exitingSince: bigint }>('verifierOf', account)
    expect([found.blsKey, found.exitingSince]).to.deep.equal([key.publicKey, 0n])
    expect(await net().registry.read('stayingCount')).to.equal(1n)
  })

  it('a rogue key, made to cancel the keys of others', async () => {
    await net().addVerifier(keyOf('honest'))
    const attacker = keyOf('attacker')
    const rogue = G1.Point.BASE.multiply(attacker.scalar).subtract(G1.Point.BASE.multiply(keyOf('honest').scalar))
    await unproven(encodeNobleG1(rogue), net().proofOf(attacker, account))
    await unproven(encodeNobleG1(rogue), net().proofOf({ ...attacker, publicKey: encodeNobleG1(rogue) }, account))
  })

  it('a proof for another account, registry, chain or key', async () => {
    const other = net().newAccount()
    await unproven(key.publicKey, net().proofOf(key, other))
    await unproven(key.publicKey, net().proofOf(key, account, net().vault.address))
    await unproven(key.publicKey, net().proofOf(key, account, net().registry.address, 1))
    await unproven(keyOf('another').publicKey, net().proofOf(key, account))
  })

  it('infinity as key, as proof, and as both', async () => {
    const proof = net().proofOf(key, account)
    await refused(INFINITY_G1, proof, 'InfinityKey')
    await refused(INFINITY_G1, INFINITY_G2, 'InfinityKey')
    await refused(key.publicKey, INFINITY_G2, 'InfinityProof')
  })

  it('lengths', async () => {
    const proof = net().proofOf(key, account)
    await refused('0x', proof, 'WrongKeyLength', 0)
    await refused(`${key.publicKey}00`, proof, 'WrongKeyLength', 129)
    await refused(key.publicKey, proof.slice(0, -2) as Hex, 'WrongSignatureLength', 255)
    await refused(key.publicKey, `${proof}00`, 'WrongSignatureLength', 257)
  })

  it('points off the curve, outside the subgroup, with padding or another order of coordinates', async () => {
    const proof = net().proofOf(key, account)
    await unproven(changed(key.publicKey, 127), proof)
    await unproven(changed(key.publicKey, 0), proof)
    await unproven(encodeNobleG1(outsideG1()), proof)
    await unproven(key.publicKey, changed(proof, 255))
    await unproven(key.publicKey, swapFp2(proof))
    await unproven(key.publicKey, encodeNobleG2(outsideG2()))
  })

  it('a malformed point does not burn the gas that is there', async () => {
    const data = net().registry.interface.encodeFunctionData('register', [
      changed(key.publicKey, 127),
      net().proofOf(key, account),
      1,
    ])
    const hash = await net().evm.rpc<Hex>('eth_sendTransaction', {
      from: account,
      to: net().registry.address,
      data,
      gas: `0x${TX_GAS_LIMIT.toString(16)}`,
    })
    const receipt = await net().evm.receipt(hash)
    expect([receipt.status, receipt.gasUsed < 300_000]).to.deep.equal([0, true])
  })

  it('an account twice, a key twice, and neither after an exit', async () => {
    await net().register(account, key)
    await expectRevert(net().register(account, keyOf('next')), 'AlreadyRegistered', account, 1)
    const second = net().newAccount()
    await net().deposit(net().registry, second, VERIFIER_BOND)
    await net().registry.send(account, 'exit')
    await expectRevert(net().register(second, key), 'KeyAlreadyRegistered')
    await expectRevert(net().register(account, keyOf('next')), 'AlreadyRegistered', account, 1)
    const receipt = await net().register(second, keyOf('second'))
    expect(net().registry.events(receipt, 'Registered')[0]?.args.index).to.equal(2n)
  })

  it('too small a deposit', async () => {
    const poor = net().newAccount()
    await expectRevert(net().register(poor, keyOf('poor')), 'InsufficientDeposit')
    await net().deposit(net().registry, poor, VERIFIER_BOND - 1n)
    await expectRevert(net().register(poor, keyOf('poor')), 'InsufficientDeposit')
  })

  it('a deposit under another role does not count', async () => {
    const elsewhere = net().newAccount()
    await net().deposit(net().providers, elsewhere, VERIFIER_BOND)
    await expectRevert(net().register(elsewhere, keyOf('elsewhere')), 'InsufficientDeposit')
  })

  it('who is not registered', async () => {
    await expectRevert(net().registry.send(account, 'exit'), 'NotRegistered', account)
    await expectRevert(net().registry.send(account, 'announce', 'peer', []), 'NotRegistered', account)
    await expectRevert(net().registry.read('verifierOf', account), 'NotRegistered', account)
  })

  it('more than a key snapshot can hold', async () => {
    const holding = (members: bigint) =>
      net().evm.rpc(
        'anvil_setStorageAt',
        net().registry.address,
        MEMBERS_SLOT,
        `0x${members.toString(16).padStart(64, '0')}`,
      )
    await holding(191n)
    await expectRevert(net().register(account, key), 'SetFull', 191)
    await holding(190n)
    await net().register(account, key)
  })

  it('announces where a verifier is reached', async () => {
    await net().register(account, key)
    const receipt = await net().registry.send(account, 'announce', 'peer', ['/ip4/127.0.0.1/tcp/1'])
    const [event] = net().registry.events(receipt, 'Announced')
    expect([event?.args.peerId, [...event!.args.multiaddrs]]).to.deep.equal(['peer', ['/ip4/127.0.0.1/tcp/1']])
  })
})

describe('contracts: start of the network', () => {
  const net = networkForEach(() => TestNetwork.create())

  it('needs enough who stay, happens once, and freezes era 1', async () => {
    for (let i = 0; i < MINIMUM_VERIFIERS; i++) await net().addVerifier()
    await net().registry.send(net().verifiers[1]!.account, 'exit')
    await expectRevert(net().start(), 'TooFewVerifiers', 3, MINIMUM_VERIFIERS)
    await expectRevert(net().registry.send(net().deployer, 'freeze', 1), 'NotStarted')
    expect(await net().registry.read<unknown[]>('frozenSet', 1)).to.have.length(0)
    await net().addVerifier()
    await net().start()
    expect(net().genesis).to.equal((await net().evm.now()) + START_DELAY)
    const set = await net().registry.read<{ index: bigint }[]>('frozenSet', 1)
    expect(set.map(({ index }) => index)).to.deep.equal([1n, 3n, 4n, 5n])
    await expectRevert(net().start(), 'AlreadyStarted', net().genesis)
  })
})

describe('contracts: frozen sets', () => {
  const net = networkForEach(() => TestNetwork.running(5))
  const freeze = (era: number) => net().registry.send(net().deployer, 'freeze', era)
  const indices = async (era: number) =>
    (await net().registry.read<{ index: bigint }[]>('frozenSet', era)).map(({ index }) => Number(index))
  const last = (era: number) => era * PARAMS.eraEpochs

  it('only in the last epoch of the era before', async () => {
    await net().enter(1)
    await expectRevert(freeze(2), 'FreezeNotDue', 2, 1, last(1))
    await net().evm.at(net().startOf(last(1)) - 2)
    await expectRevert(freeze(2), 'FreezeNotDue', 2, last(1) - 1, last(1))
    await net().enter(last(1))
    await expectRevert(freeze(3), 'FreezeNotDue', 3, last(1), last(2))
    await expectRevert(freeze(0), 'FreezeNotDue', 0, last(1), 0)
    await freeze(2)
    await net().enter(last(2) + 1)
    await expectRevert(freeze(3), 'FreezeNotDue', 3, last(2) + 1, last(2))
  })

  it('once', async () => {
    await expectRevert(freeze(1), 'AlreadyFrozen', 1)
    await net().enter(last(1))
    await freeze(2)
    await expectRevert(freeze(2), 'AlreadyFrozen', 2)
  })

  it('missing: the last set continues, for as long as nobody freezes', async () => {
    await net().addVerifier()
    await net().enter(last(3))
    expect([await indices(2), await indices(4)]).to.deep.equal([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ])
    expect(await net().registry.read('frozenEraFor', 4)).to.equal(1n)
    await freeze(4)
    expect(await indices(4)).to.deep.equal([1, 2, 3, 4, 5, 6])
    expect([await indices(3), await indices(2)]).to.deep.equal([
      [1, 2, 3, 4, 5],
      [1, 2, 3, 4, 5],
    ])
    expect(await net().registry.read('isFrozen', 3)).to.equal(false)
    expect(await net().registry.read('isFrozen', 0)).to.equal(false)
  })

  it('of past eras are still there', async () => {
    for (let era = 2; era <= 5; era++) {
      await net().addVerifier()
      await net().enter(last(era - 1))
      await freeze(era)
    }
    for (let era = 1; era <= 5; era++) expect(await indices(era)).to.have.length(4 + era)
  })

  it('leave out who is exiting, whose unbonding starts then and not before', async () => {
    const { account } = net().verifiers[2]!
    await net().registry.send(account, 'exit')
    const since = await net().evm.now()
    await expectRevert(net().registry.send(account, 'exit'), 'AlreadyExiting', account, since)
    expect(await net().vault.read('activeStake', net().registry.address, account)).to.equal(VERIFIER_BOND)
    await expectRevert(net().vault.send(account, 'withdraw', net().registry.address), 'NothingToWithdraw')
    await net().enter(last(1))
    const receipt = await freeze(2)
    expect(net().registry.events(receipt, 'LeftOut')[0]?.args.index).to.equal(3n)
    expect(await indices(2)).to.deep.equal([1, 2, 4, 5])
    const [amount, releaseAt] = await net().vault.read<bigint[]>('unbondingOf', net().registry.address, account)
    expect(amount).to.equal(VERIFIER_BOND)
    expect(Number(releaseAt)).to.equal((await net().evm.now()) + PARAMS.unbondingSeconds)
    await net().enter(last(2))
    expect(net().registry.events(await freeze(3), 'LeftOut')).to.have.length(0)
    await net().evm.at(Number(releaseAt))
    await net().vault.send(account, 'withdraw', net().registry.address)
    expect(await net().token.read('balanceOf', account)).to.equal(VERIFIER_BOND)
  })

  it('of nobody certify nothing', async () => {
    for (const { account } of net().verifiers) await net().registry.send(account, 'exit')
    await net().enter(last(1))
    await freeze(2)
    expect(await indices(2)).to.deep.equal([])
    await net().enter(last(1) + 2)
    const certificate = { header: await net().header(last(1) + 1), round: 0, nonSigners: [], signature: INFINITY_G2 }
    await expectRevert(net().post(certificate), 'TooFewSigners', 0, 0)
  })

  it('with too little gas to write the snapshot, are not frozen', async () => {
    await net().enter(last(1))
    const data = net().registry.interface.encodeFunctionData('freeze', [2])
    const attempt = (gas: number) => net().evm.call(net().deployer, net().registry.address, data, gas)
    let [low, high] = [30_000, 1_000_000] // fails with low, succeeds with high
    while (high - low > 200) {
      const middle = Math.floor((low + high) / 2)
      const done = await attempt(middle).then(
        () => true,
        () => false,
      )
      if (done) high = middle
      else low = middle
    }
    // Writing the registry's own slots comes after, so what is just too little for the snapshot lies somewhat below.
    let gas = low
    while (!(await attempt(gas).catch(error => error instanceof Reverted))) gas -= 2_000
    await expectRevert(attempt(gas), 'SnapshotFailed')
  })

  it('give back the same keys as were registered', async () => {
    const set = await net().registry.read<{ blsKey: Hex }[]>('frozenSet', 1)
    expect(set.map(({ blsKey }) => blsKey)).to.deep.equal(net().verifiers.map(({ key }) => key.publicKey))
  })
})

describe('contracts: parameters of the verifier registry', () => {
  const net = networkForEach(() => TestNetwork.create())
  it('must not be zero', async () => {
    const good = [net().vault.address, VERIFIER_BOND, HOUR, 24, 60, 4]
    for (const [position, name] of [
      [1, 'verifierBond'],
      [2, 'epochSeconds'],
      [3, 'eraEpochs'],
      [5, 'minimumVerifiers'],
    ] as const) {
      const args = good.map((value, i) => (i === position ? 0 : value))
      await expectRevert(
        net().evm.deploy(net().deployer, 'VerifierRegistry', args),
        'ZeroParameter',
        name.toLowerCase(),
      )
    }
  })
})

function changed(encoded: Hex, position: number): Hex {
  const bytes = fromHex(encoded)
  bytes[position]! ^= 1
  return toHex(bytes)
}
