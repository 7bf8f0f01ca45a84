import { bls12_381 } from '@noble/curves/bls12-381.js'
import { expect } from 'chai'
import { headerHash, reportDigest } from '../../proto/digests.js'
import type { Header } from '../../proto/header.js'
import { fromHex, type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import {
  aggregate,
  encodeNobleG2,
  G2,
  INFINITY_G2,
  keyOfScalar,
  ORDER,
  outsideG2,
  sign,
  swapFp2,
} from './support/bls.js'
import { certifiedEpoch, EPOCH } from './support/certified-epoch.js'
import { expectRevert } from './support/evm.js'
import { networkForEach, PARAMS, TestNetwork } from './support/network.js'

/** The prime of the curve's base field. */
const FIELD = bls12_381.fields.Fp.ORDER
const POP_DST = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'

describe('contracts: certificates', () => {
  const { net, header, good, digest, refused, invalid } = certifiedEpoch()

  describe('signature', () => {
    it('counts if all verifiers signed, or one more than two thirds', async () => {
      await net().post(good())
      await net().enter(EPOCH + 2)
      const next = await net().header(EPOCH + 1)
      await net().post(net().certify(next, { nonSigners: [0, 6], round: 3 }))
      expect(await net().reports.read('lastHeaderHash')).to.equal(headerHash(net().id, next))
    })

    it('must not be the point at infinity', () => refused({ ...good(), signature: INFINITY_G2 }, 'InfinitySignature'))

    it('must have the right length', async () => {
      await refused({ ...good(), signature: '0x' }, 'WrongSignatureLength', 0)
      await refused({ ...good(), signature: `${good().signature}00` as Hex }, 'WrongSignatureLength', 257)
      await refused({ ...good(), signature: good().signature.slice(0, -2) as Hex }, 'WrongSignatureLength', 255)
    })

    it('must be on the curve', () => invalid({ ...good(), signature: flipLastBit(good().signature) }))

    it('must have its Fp2 coefficients in the right order', () =>
      invalid({ ...good(), signature: swapFp2(good().signature) }))

    it('must have coordinates below the field prime', () => {
      const prime = FIELD.toString(16).padStart(128, '0')
      return invalid({ ...good(), signature: `0x${prime}${good().signature.slice(2 + 128)}` as Hex })
    })

    it('must have zero padding', () => invalid({ ...good(), signature: `0x01${good().signature.slice(4)}` }))

    it('must be in the subgroup', () => invalid({ ...good(), signature: encodeNobleG2(outsideG2()) }))

    it('must not be moved out of the subgroup by a point of another order', async () => {
      const sum = net().verifiers.reduce((a, { key }) => (a + key.scalar) % ORDER, 0n)
      const signature = G2.Point.fromAffine(G2.hashToCurve(fromHex(digest()), { DST: POP_DST }).toAffine()).multiply(
        sum,
      )
      expect(encodeNobleG2(signature)).to.equal(good().signature)
      const stray = outsideG2()
      const torsion = stray.multiplyUnsafe(ORDER - 1n).add(stray)
      await invalid({ ...good(), signature: encodeNobleG2(signature.add(torsion)) })
    })

    it('must not be negated', () => {
      const sum = net().verifiers.reduce((a, { key }) => (a + key.scalar) % ORDER, 0n)
      return invalid({ ...good(), signature: aggregate([sign(keyOfScalar(ORDER - sum), digest())]) })
    })

    it('must not contain a verifier outside the set', () => {
      const stranger = sign(keyOfScalar(4711n), digest())
      const own = net()
        .verifiers.slice(1)
        .map(({ key }) => sign(key, digest()))
      return invalid({ ...good(), signature: aggregate([...own, stranger]) })
    })

    it('must not count one signer twice', () => {
      const all = net().verifiers.map(({ key }) => sign(key, digest()))
      return invalid({ ...good(), signature: aggregate([...all.slice(1), all[1]!]) })
    })
  })

  describe('signers', () => {
    it('must be more than two thirds of the set', async () => {
      await refused(net().certify(header(), { nonSigners: [0, 1, 2] }), 'TooFewSigners', 4, 7)
      await refused(net().certify(header(), { nonSigners: [0, 1, 2, 3, 4, 5] }), 'TooFewSigners', 1, 7)
      await refused({ ...good(), nonSigners: [0, 1, 2, 3, 4, 5, 6] }, 'TooFewSigners', 0, 7)
    })

    it('must not be claimed to be all if one is missing', () =>
      invalid({ ...net().certify(header(), { nonSigners: [4] }), nonSigners: [] }))

    it('must not be claimed to lack another verifier than the missing one', () =>
      invalid({ ...net().certify(header(), { nonSigners: [4] }), nonSigners: [5] }))

    it('must not be claimed to lack a verifier if all signed', () => invalid({ ...good(), nonSigners: [2] }))

    it('must not lack the same verifier twice', () =>
      refused({ ...net().certify(header(), { nonSigners: [3] }), nonSigners: [3, 3] }, 'NonSignersNotAscending', 3, 3))

    it('must list the non-signers in ascending order', () =>
      refused(
        { ...net().certify(header(), { nonSigners: [1, 4] }), nonSigners: [4, 1] },
        'NonSignersNotAscending',
        1,
        4,
      ))

    it('must list only non-signers that are in the set', async () => {
      await refused({ ...good(), nonSigners: [7] }, 'NonSignerOutOfRange', 7, 7)
      await refused({ ...good(), nonSigners: [0, 2 ** 32 - 1] }, 'NonSignerOutOfRange', 2 ** 32 - 1, 7)
    })
  })

  describe('certificate of something else', () => {
    it('does not count if it names another chain', () =>
      invalid(net().certify(header(), { id: { ...net().id, chainId: 1 } })))

    it('does not count if it names another contract', () =>
      invalid(net().certify(header(), { id: { ...net().id, contract: net().registry.address } })))

    it('does not count if it names another epoch', () => {
      const other = net().certify({ ...header(), epoch: EPOCH + 1 })
      return invalid({ ...other, header: header() })
    })

    it('does not count if it names another era', () => {
      const other = net().certify({ ...header(), era: 2 })
      return invalid({ ...other, header: header() })
    })

    it('does not count if it names another round', () =>
      invalid({ ...net().certify(header(), { round: 1 }), round: 2 }))

    it('does not count if any field of the header differs', async () => {
      const changes: Partial<Header>[] = [
        { scoreRoot: ZERO_HASH },
        { ballotSetRoot: ZERO_HASH },
        { rewardsRoot: header().scoreRoot },
        { providerCount: 2 },
        { commonFailure: true },
      ]
      for (const change of changes) await invalid({ ...good(), header: { ...header(), ...change } })
      const parent = await net().evm.block(header().blockNumber - 1)
      await invalid({ ...good(), header: { ...header(), blockNumber: parent.number, blockHash: parent.hash } })
    })

    it('does not count if it is a proof of possession', async () => {
      const { key, account } = net().verifiers[0]!
      await invalid({ ...good(), signature: net().proofOf(key, account) })
    })

    it('does not count again, in the same epoch or in the next', async () => {
      await net().post(good())
      await refused(good(), 'AlreadyPosted', EPOCH, headerHash(net().id, header()))
      await net().enter(EPOCH + 2)
      await refused(good(), 'NotPostable', EPOCH, EPOCH + 1)
      const moved = { ...header(), epoch: EPOCH + 1, previousHeader: headerHash(net().id, header()) }
      await invalid({ ...good(), header: moved })
    })

    it('does not count if the certificate of another round was posted first', async () => {
      const second = net().certify({ ...header(), scoreRoot: ZERO_HASH }, { round: 1 })
      await net().post(second)
      await refused(good(), 'AlreadyPosted', EPOCH, headerHash(net().id, second.header))
      expect(await net().reports.read('headerHashOf', EPOCH)).to.equal(headerHash(net().id, second.header))
    })
  })

  describe('set', () => {
    it('is the one frozen for the era, or the last frozen one if there is none', async () => {
      const leaver = net().verifiers[0]!
      await net().registry.send(leaver.account, 'exit')
      await net().enter(PARAMS.eraEpochs)
      await net().registry.send(net().deployer, 'freeze', 2)
      await net().report(PARAMS.eraEpochs) // the last epoch of era 1, by the set of era 1
      await net().enter(PARAMS.eraEpochs + 2)
      const next = await net().header(PARAMS.eraEpochs + 1)
      await invalid(net().certify(next))
      const own = { header: next, round: 0, nonSigners: [] }
      const nextDigest = reportDigest(net().id, next, 0, headerHash(net().id, next))
      const rest = net().verifiers.slice(1)
      await net().post({ ...own, signature: aggregate(rest.map(({ key }) => sign(key, nextDigest))) })
      net().verifiers.shift()
      await net().report(3 * PARAMS.eraEpochs) // nobody froze era 3
      net().verifiers.unshift(leaver)
    })
  })
})

describe('contracts: certificates of keys that cancel out', () => {
  const net = networkForEach(() => TestNetwork.create())

  it('have no aggregate key', async () => {
    for (const scalar of [5n, 7n, 11n, ORDER - 23n]) await net().addVerifier(keyOfScalar(scalar))
    await net().start()
    await net().enter(2)
    const cancelled = { header: await net().header(1), round: 0, nonSigners: [], signature: INFINITY_G2 }
    await expectRevert(net().post(cancelled), 'InfinityAggregate')
    await net().post(net().certify(cancelled.header, { nonSigners: [3] }))
  })
})

function flipLastBit(encoded: Hex): Hex {
  const bytes = fromHex(encoded)
  bytes[bytes.length - 1]! ^= 1
  return toHex(bytes)
}
