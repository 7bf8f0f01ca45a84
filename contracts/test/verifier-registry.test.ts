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
import { expectRevert, TX_GAS_LIMIT } from './support/evm.js'
import { HOUR, networkForEach, TestNetwork, VERIFIER_BOND } from './support/network.js'

/** The storage slot of the length of the registry's `_members`. */
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
    ])
    const hash = await net().evm.rpc<Hex>('eth_sendTransaction', {
      from: account,
      to: net().registry.address,
      data,
      gas: `0x${TX_GAS_LIMIT.toString(16)}`,
    })
    const receipt = await net().evm.receipt(hash)
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
    await expectRevert(net().register(poor, keyOf('poor')), 'InsufficientDeposit')
    await net().deposit(net().registry, poor, VERIFIER_BOND - 1n)
    await expectRevert(net().register(poor, keyOf('poor')), 'InsufficientDeposit')
  })

  it('does not count a deposit under another role', async () => {
    const elsewhere = net().newAccount()
    await net().deposit(net().providers, elsewhere, VERIFIER_BOND)
    await expectRevert(net().register(elsewhere, keyOf('elsewhere')), 'InsufficientDeposit')
  })

  it('is required for every other call', async () => {
    await expectRevert(net().registry.send(account, 'exit'), 'NotRegistered', account)
    await expectRevert(net().registry.send(account, 'announce', 'peer', []), 'NotRegistered', account)
    await expectRevert(net().registry.read('verifierOf', account), 'NotRegistered', account)
  })

  it('rejects more verifiers than a key snapshot can hold', async () => {
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

  it('lets a verifier announce its addresses', async () => {
    await net().register(account, key)
    const receipt = await net().registry.send(account, 'announce', 'peer', ['/ip4/127.0.0.1/tcp/1'])
    const [event] = net().registry.events(receipt, 'Announced')
    expect([event?.args.peerId, [...event!.args.multiaddrs]]).to.deep.equal(['peer', ['/ip4/127.0.0.1/tcp/1']])
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
