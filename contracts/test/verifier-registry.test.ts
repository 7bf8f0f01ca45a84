import { expect } from 'chai'
import { keccak256, ZeroAddress } from 'ethers'
import { fromHex, type Hex, toHex } from '../../proto/hex.js'
import {
  encodeNobleG1,
  encodeNobleG2,
  G1,
  INFINITY_G1,
  INFINITY_G2,
  keyOf,
  keyOfScalar,
  ORDER,
  outsideG1,
  outsideG2,
  swapFp2,
} from './support/bls.js'
import { expectRevert, TX_GAS_LIMIT } from './support/evm.js'
import { HOUR, networkForEach, TestNetwork, VERIFIER_BOND } from './support/network.js'

describe('contracts: registration of verifiers', () => {
  const net = networkForEach(() => TestNetwork.create())
  const key = keyOf('candidate')
  let account: Hex
  beforeEach(async () => {
    account = net().newAccount()
    await net().deposit(net().registry, account, VERIFIER_BOND)
  })
  const refused = (publicKey: Hex, proof: Hex, error: string, ...args: unknown[]) =>
    expectRevert(net().registry.send(account, 'register', publicKey, proof, 1, ZeroAddress), error, ...args)
  const unproven = (publicKey: Hex, proof: Hex) => refused(publicKey, proof, 'InvalidProofOfPossession', account)

  it('bonds the tokens, assigns an index, and emits the key and the index', async () => {
    const receipt = await net().register(account, key)
    const [event] = net().registry.events(receipt, 'Registered')
    expect([event?.args.index, event?.args.blsKey]).to.deep.equal([1n, key.publicKey])
    expect(await net().vault.read('activeStake', net().registry.address, account)).to.equal(VERIFIER_BOND)
    const found = await net().registry.read<{ blsKey: Hex; exitingSince: bigint }>('verifierOf', account)
    expect([found.blsKey, found.exitingSince]).to.deep.equal([key.publicKey, 0n])
    expect(await net().registry.read('stayingCount')).to.equal(1n)
  })

  it('rejects a rogue key that cancels the keys of others', async () => {
    await net().addVerifier(keyOf('honest'))
    const attacker = keyOf('attacker')
    const rogue = G1.Point.BASE.multiply(attacker.scalar).subtract(G1.Point.BASE.multiply(keyOf('honest').scalar))
    await unproven(encodeNobleG1(rogue), net().proofOf(attacker, account))
    await unproven(encodeNobleG1(rogue), net().proofOf({ ...attacker, publicKey: encodeNobleG1(rogue) }, account))
  })

  it('rejects a proof for another account, registry, chain or key', async () => {
    const other = net().newAccount()
    await unproven(key.publicKey, net().proofOf(key, other))
    await unproven(key.publicKey, net().proofOf(key, account, net().vault.address))
    await unproven(key.publicKey, net().proofOf(key, account, net().registry.address, 1))
    await unproven(keyOf('another').publicKey, net().proofOf(key, account))
  })

  it('rejects the point at infinity as key, as proof, and as both', async () => {
    const proof = net().proofOf(key, account)
    await refused(INFINITY_G1, proof, 'InfinityKey')
    await refused(INFINITY_G1, INFINITY_G2, 'InfinityKey')
    await refused(key.publicKey, INFINITY_G2, 'InfinityProof')
  })

  it('rejects a wrong length of key or proof', async () => {
    const proof = net().proofOf(key, account)
    await refused('0x', proof, 'WrongKeyLength', 0)
    await refused(`${key.publicKey}00`, proof, 'WrongKeyLength', 129)
    await refused(key.publicKey, proof.slice(0, -2) as Hex, 'WrongSignatureLength', 255)
    await refused(key.publicKey, `${proof}00`, 'WrongSignatureLength', 257)
  })

  it('rejects points off the curve, outside the subgroup, with padding, or with swapped coordinates', async () => {
    const proof = net().proofOf(key, account)
    await unproven(changed(key.publicKey, 127), proof)
    await unproven(changed(key.publicKey, 0), proof)
    await unproven(encodeNobleG1(outsideG1()), proof)
    await unproven(key.publicKey, changed(proof, 255))
    await unproven(key.publicKey, swapFp2(proof))
    await unproven(key.publicKey, encodeNobleG2(outsideG2()))
  })

  it('does not burn all gas on a malformed point', async () => {
    const data = net().registry.interface.encodeFunctionData('register', [
      changed(key.publicKey, 127),
      net().proofOf(key, account),
      1,
      ZeroAddress,
    ])
    const transaction = { from: account, to: net().registry.address, data, gas: `0x${TX_GAS_LIMIT.toString(16)}` }
    const receipt = await net().evm.mined(() => net().evm.rpc<Hex>('eth_sendTransaction', transaction))
    // The cap of the pairing is four times its price.
    expect([receipt.status, receipt.gasUsed < 700_000]).to.deep.equal([0, true])
  })

  it('rejects an account twice and a key twice, also after an exit', async () => {
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

  it('rejects a deposit below the bond', async () => {
    const poor = net().newAccount()
    await expectRevert(net().register(poor, keyOf('poor')), 'BondTooLow', 0, VERIFIER_BOND)
    await net().deposit(net().registry, poor, VERIFIER_BOND - 1n)
    await expectRevert(net().register(poor, keyOf('poor')), 'BondTooLow')
  })

  it('bonds all that is free', async () => {
    await net().deposit(net().registry, account, 5n)
    await net().register(account, key)
    expect(await net().vault.read('activeStake', net().registry.address, account)).to.equal(VERIFIER_BOND + 5n)
  })

  it('does not count a deposit under another role', async () => {
    const elsewhere = net().newAccount()
    await net().deposit(net().providers, elsewhere, VERIFIER_BOND)
    await expectRevert(net().register(elsewhere, keyOf('elsewhere')), 'BondTooLow')
  })

  it('is required for every other call', async () => {
    for (const call of ['exit', 'topUp']) {
      await expectRevert(net().registry.send(account, call), 'NotRegistered', account)
    }
    await expectRevert(net().registry.send(account, 'setCapacity', 1), 'NotRegistered', account)
    await expectRevert(net().registry.send(account, 'announce', 'peer', []), 'NotRegistered', account)
    await expectRevert(net().registry.read('verifierOf', account), 'NotRegistered', account)
  })

  it('refuses the negative of a registered key, which would sign without signing', async () => {
    await net().addVerifier(keyOfScalar(5n))
    const negative = keyOfScalar(ORDER - 5n)
    const hash = keccak256(negative.publicKey.slice(0, 2 + 2 * 64))
    await expectRevert(net().register(account, negative), 'KeyAlreadyRegistered', hash)
  })

  it('lets a verifier name another capacity until a freeze has left it out', async () => {
    await net().register(account, key)
    const receipt = await net().registry.send(account, 'setCapacity', 7)
    const [event] = net().registry.events(receipt, 'CapacityChanged')
    expect([event?.args.index, event?.args.capacityKbps]).to.deep.equal([1n, 7n])
    const found = await net().registry.read<{ capacityKbps: bigint }>('verifierOf', account)
    expect(found.capacityKbps).to.equal(7n)
    await net().registry.send(account, 'exit') // before the start it is left out at once
    await expectRevert(net().registry.send(account, 'setCapacity', 8), 'AlreadyLeft', account)
  })

  it('lets a verifier that stays add to its bond', async () => {
    await net().register(account, key)
    await expectRevert(net().registry.send(account, 'topUp'), 'InsufficientDeposit')
    await net().deposit(net().registry, account, 5n)
    const receipt = await net().registry.send(account, 'topUp')
    const [event] = net().registry.events(receipt, 'ToppedUp')
    expect([event?.args.index, event?.args.amount]).to.deep.equal([1n, 5n])
    expect(await net().vault.read('activeStake', net().registry.address, account)).to.equal(VERIFIER_BOND + 5n)
    await net().registry.send(account, 'exit')
    await net().deposit(net().registry, account, 5n)
    await expectRevert(net().registry.send(account, 'topUp'), 'AlreadyExiting')
  })

  it('lets a verifier announce its addresses', async () => {
    await net().register(account, key)
    const receipt = await net().registry.send(account, 'announce', 'peer', ['/ip4/127.0.0.1/tcp/1'])
    const [event] = net().registry.events(receipt, 'Announced')
    expect([event?.args.peerId, [...event!.args.multiaddrs]]).to.deep.equal(['peer', ['/ip4/127.0.0.1/tcp/1']])
  })
})

describe('contracts: parameters of the verifier registry', () => {
  const net = networkForEach(() => TestNetwork.create())
  const CONFIG = { verifierBond: VERIFIER_BOND, epochSeconds: HOUR, eraEpochs: 24, startDelay: 60, minimumVerifiers: 4 }
  const accounts = (number: number) => net().evm.accounts.slice(1, 1 + number)
  const deployed = (config: typeof CONFIG, genesis: readonly Hex[]) => {
    const { vault, reports, slashing, evm, deployer } = net()
    const args = [vault.address, reports.address, slashing.address, config, genesis]
    return evm.deploy(deployer, 'VerifierRegistry', args)
  }

  it('must not be zero', async () => {
    for (const name of ['verifierBond', 'epochSeconds', 'eraEpochs', 'minimumVerifiers']) {
      await expectRevert(deployed({ ...CONFIG, [name]: 0 }, accounts(4)), 'ZeroParameter', name.toLowerCase())
    }
  })

  it('name enough genesis accounts, not too many, and none twice', async () => {
    const [first, ...rest] = accounts(4)
    for (const [genesis, number] of [
      [rest, 3],
      [[...rest, rest[0]!], 3],
      [[first!, ...rest, first!], 4],
      [accounts(192), 192],
    ] as const) {
      await expectRevert(deployed(CONFIG, genesis), 'WrongGenesisSet', number, 4, 191)
    }
    await deployed(CONFIG, accounts(191))
  })
})

function changed(encoded: Hex, position: number): Hex {
  const bytes = fromHex(encoded)
  bytes[position]! ^= 1
  return toHex(bytes)
}
