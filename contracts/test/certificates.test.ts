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
import { expectRevert } from './support/evm.js'
import { type Certificate, HOUR, networkForEach, PARAMS, START_DELAY, TestNetwork } from './support/network.js'

const VERIFIERS = 7
/** The prime of the curve's base field. */
const FIELD = bls12_381.fields.Fp.ORDER
const EPOCH = 2

/** Certificates that must not count, each for a reason of its own. */
describe('contracts: certificates', () => {
  const net = networkForEach(async () => {
    const network = await TestNetwork.running(VERIFIERS)
    await network.report(1)
    return network
  })
  let header: Header
  let good: Certificate
  beforeEach(async () => {
    await net().enter(EPOCH + 1)
    header = await net().header(EPOCH)
    good = net().certify(header)
  })
  const refused = (certificate: Certificate, error: string, ...args: unknown[]) =>
    expectRevert(net().post(certificate), error, ...args)
  const invalid = (certificate: Certificate) =>
    refused(certificate, 'InvalidCertificate', headerHash(net().id, certificate.header), certificate.round)
  const digestOf = () => reportDigest(net().id, header, 0, headerHash(net().id, header))

  afterEach('where its time has not passed, the good one is still accepted', async () => {
    const epoch = Math.floor(((await net().evm.now()) - net().genesis) / HOUR) + 1
    if (epoch === EPOCH + 1 && (await net().reports.read('lastEpoch')) === 1n) await net().post(good)
  })

  describe('signatures', () => {
    it('accepts all signers, and any two thirds and one', async () => {
      await net().post(good)
      await net().enter(EPOCH + 2)
      const next = await net().header(EPOCH + 1)
      await net().post(net().certify(next, { nonSigners: [0, 6], round: 3 }))
      expect(await net().reports.read('lastHeaderHash')).to.equal(headerHash(net().id, next))
    })

    it('infinity', () => refused({ ...good, signature: INFINITY_G2 }, 'InfinitySignature'))

    it('of the wrong length', async () => {
      await refused({ ...good, signature: '0x' }, 'WrongSignatureLength', 0)
      await refused({ ...good, signature: `${good.signature}00` as Hex }, 'WrongSignatureLength', 257)
      await refused({ ...good, signature: good.signature.slice(0, -2) as Hex }, 'WrongSignatureLength', 255)
    })

    it('off the curve', () => invalid({ ...good, signature: flipLastBit(good.signature) }))

    it('in the wrong order of Fp2', () => invalid({ ...good, signature: swapFp2(good.signature) }))

    it('with coordinates of the field prime or more', () => {
      const prime = FIELD.toString(16).padStart(128, '0')
      return invalid({ ...good, signature: `0x${prime}${good.signature.slice(2 + 128)}` as Hex })
    })

    it('with something in the padding', () => invalid({ ...good, signature: `0x01${good.signature.slice(4)}` }))

    it('outside the subgroup', () => invalid({ ...good, signature: encodeNobleG2(outsideG2()) }))

    it('moved out of the subgroup by a point of another order', async () => {
      const sum = net().verifiers.reduce((a, { key }) => (a + key.scalar) % ORDER, 0n)
      const signature = G2.Point.fromAffine(G2.hashToCurve(fromHex(digestOf()), { DST: POP_DST }).toAffine()).multiply(
        sum,
      )
      expect(encodeNobleG2(signature)).to.equal(good.signature)
      const stray = outsideG2()
      const torsion = stray.multiplyUnsafe(ORDER - 1n).add(stray)
      await invalid({ ...good, signature: encodeNobleG2(signature.add(torsion)) })
    })

    it('negated', () => {
      const sum = net().verifiers.reduce((a, { key }) => (a + key.scalar) % ORDER, 0n)
      return invalid({ ...good, signature: aggregate([sign(keyOfScalar(ORDER - sum), digestOf())]) })
    })

    it('of a verifier that is not in the set', () => {
      const stranger = sign(keyOfScalar(4711n), digestOf())
      const own = net()
        .verifiers.slice(1)
        .map(({ key }) => sign(key, digestOf()))
      return invalid({ ...good, signature: aggregate([...own, stranger]) })
    })

    it('of one signer counted twice', () => {
      const all = net().verifiers.map(({ key }) => sign(key, digestOf()))
      return invalid({ ...good, signature: aggregate([...all.slice(1), all[1]!]) })
    })
  })

  describe('signers', () => {
    it('too few: two thirds are not enough', async () => {
      await refused(net().certify(header, { nonSigners: [0, 1, 2] }), 'TooFewSigners', 4, 7)
      await refused(net().certify(header, { nonSigners: [0, 1, 2, 3, 4, 5] }), 'TooFewSigners', 1, 7)
      await refused({ ...good, nonSigners: [0, 1, 2, 3, 4, 5, 6] }, 'TooFewSigners', 0, 7)
    })

    it('claimed to be all while one is missing', () =>
      invalid({ ...net().certify(header, { nonSigners: [4] }), nonSigners: [] }))

    it('another missing than the one named', () =>
      invalid({ ...net().certify(header, { nonSigners: [4] }), nonSigners: [5] }))

    it('named as missing though all signed', () => invalid({ ...good, nonSigners: [2] }))

    it('non-signers twice the same', () =>
      refused({ ...net().certify(header, { nonSigners: [3] }), nonSigners: [3, 3] }, 'NonSignersNotAscending', 3, 3))

    it('non-signers unsorted', () =>
      refused({ ...net().certify(header, { nonSigners: [1, 4] }), nonSigners: [4, 1] }, 'NonSignersNotAscending', 1, 4))

    it('non-signers out of range', async () => {
      await refused({ ...good, nonSigners: [7] }, 'NonSignerOutOfRange', 7, 7)
      await refused({ ...good, nonSigners: [0, 2 ** 32 - 1] }, 'NonSignerOutOfRange', 2 ** 32 - 1, 7)
    })
  })

  describe('made for something else', () => {
    it("another chain's", () => invalid(net().certify(header, { id: { ...net().id, chainId: 1 } })))

    it("another contract's", () =>
      invalid(net().certify(header, { id: { ...net().id, contract: net().registry.address } })))

    it("another epoch's", () => {
      const other = net().certify({ ...header, epoch: EPOCH + 1 })
      return invalid({ ...other, header })
    })

    it("another era's", () => {
      const other = net().certify({ ...header, era: 2 })
      return invalid({ ...other, header })
    })

    it("another round's", () => invalid({ ...net().certify(header, { round: 1 }), round: 2 }))

    it("another header's: each field is signed", async () => {
      const changes: Partial<Header>[] = [
        { scoreRoot: ZERO_HASH },
        { ballotSetRoot: ZERO_HASH },
        { rewardsRoot: header.scoreRoot },
        { providerCount: 2 },
        { commonFailure: true },
      ]
      for (const change of changes) await invalid({ ...good, header: { ...header, ...change } })
      const parent = await net().evm.block(header.blockNumber - 1)
      await invalid({ ...good, header: { ...header, blockNumber: parent.number, blockHash: parent.hash } })
    })

    it('a proof of possession used as a certificate', async () => {
      const { key, account } = net().verifiers[0]!
      await invalid({ ...good, signature: net().proofOf(key, account) })
    })

    it('replayed: the same twice, and in the next epoch', async () => {
      await net().post(good)
      await refused(good, 'AlreadyPosted', EPOCH, headerHash(net().id, header))
      await net().enter(EPOCH + 2)
      await refused(good, 'NotPostable', EPOCH, EPOCH + 1)
      const moved = { ...header, epoch: EPOCH + 1, previousHeader: headerHash(net().id, header) }
      await invalid({ ...good, header: moved })
    })

    it("two rounds' certificates for one epoch: the first posted stands", async () => {
      const second = net().certify({ ...header, scoreRoot: ZERO_HASH }, { round: 1 })
      await net().post(second)
      await refused(good, 'AlreadyPosted', EPOCH, headerHash(net().id, second.header))
      expect(await net().reports.read('headerHashOf', EPOCH)).to.equal(headerHash(net().id, second.header))
    })
  })

  describe('place in time and in the chain of headers', () => {
    const certified = async (change: Partial<Header>) => net().certify(await net().header(EPOCH, change))

    it('too early: the epoch is not over', async () => {
      await refused(await certified({ epoch: EPOCH + 1 }), 'NotPostable', EPOCH + 1, EPOCH)
    })

    it('too late: the next epoch is over', async () => {
      await net().evm.at(net().startOf(EPOCH + 2))
      await refused(good, 'NotPostable', EPOCH, EPOCH + 1)
    })

    it('accepts until the last second', async () => {
      await net().evm.at(net().startOf(EPOCH + 2) - 2)
      await net().evm.rpc('evm_setNextBlockTimestamp', net().startOf(EPOCH + 2) - 1)
      await net().post(good)
    })

    it('an epoch without a report is skipped, never filled in', async () => {
      await net().enter(EPOCH + 2)
      await refused(await certified({ epoch: EPOCH }), 'NotPostable', EPOCH, EPOCH + 1)
      await net().post(await certified({ epoch: EPOCH + 1 }))
      expect(await net().reports.read('headerHashOf', EPOCH)).to.equal(ZERO_HASH)
      good = { ...good, header: { ...header, epoch: 0 } }
      await refused(good, 'NotPostable', 0, EPOCH + 1)
    })

    it('epoch 0', async () => refused(await certified({ epoch: 0, era: 1 }), 'NotPostable', 0, EPOCH))

    it('wrong previous header', async () => {
      const last = headerHash(net().id, header)
      const known = await net().reports.read<Hex>('lastHeaderHash')
      await refused(await certified({ previousHeader: last }), 'WrongPreviousHeader', last, known)
      await refused(await certified({ previousHeader: ZERO_HASH }), 'WrongPreviousHeader', ZERO_HASH, known)
    })

    it("wrong era, though it is what that era's set signed", async () => {
      await refused(await certified({ era: 2 }), 'WrongEra', 2, 1)
      await refused(await certified({ era: 3 }), 'WrongEra', 3, 1)
    })

    it('wrong, future and too old block', async () => {
      const { number, hash } = await net().evm.block()
      const wrong = await certified({ blockHash: ZERO_HASH })
      await refused(wrong, 'WrongBlockHash', wrong.header.blockNumber, ZERO_HASH, hash)
      await refused(await certified({ blockNumber: number + 50, blockHash: hash }), 'WrongBlockHash')
      await refused(await certified({ blockNumber: number + 50, blockHash: ZERO_HASH }), 'WrongBlockHash')
      await net().evm.mine(EVM_WINDOW)
      const history = await net().evm.rpc('eth_getCode', BLOCK_HISTORY, 'latest')
      await net().evm.rpc('anvil_setCode', BLOCK_HISTORY, '0x') // what a block beyond its 8191 comes to
      await refused(good, 'WrongBlockHash', header.blockNumber, header.blockHash, ZERO_HASH)
      await net().evm.rpc('anvil_setCode', BLOCK_HISTORY, history)
    })

    it('accepts a block that only the history contract still knows', async () => {
      await net().evm.mine(EVM_WINDOW)
      await net().post(good)
    })

    it('is final after the settlement delay, which counts from when posting ends', async () => {
      await net().post(good)
      const finalAt = net().startOf(EPOCH + 2) + PARAMS.settlementSeconds
      await net().evm.at(finalAt - 1)
      expect(await net().reports.read('isFinal', EPOCH)).to.equal(false)
      await net().evm.at(finalAt)
      expect(await net().reports.read('isFinal', EPOCH)).to.equal(true)
      expect(await net().reports.read('isFinal', EPOCH + 1)).to.equal(false)
    })
  })

  describe("another set's", () => {
    it('is checked with the set frozen for its era, and with the last one where none was frozen', async () => {
      const leaver = net().verifiers[0]!
      await net().registry.send(leaver.account, 'exit')
      await net().enter(PARAMS.eraEpochs)
      await net().registry.send(net().deployer, 'freeze', 2)
      await net().report(PARAMS.eraEpochs) // era 1's last epoch, by era 1's set
      await net().enter(PARAMS.eraEpochs + 2)
      const next = await net().header(PARAMS.eraEpochs + 1)
      await invalid(net().certify(next))
      const own = { header: next, round: 0, nonSigners: [] }
      const digest = reportDigest(net().id, next, 0, headerHash(net().id, next))
      const rest = net().verifiers.slice(1)
      await net().post({ ...own, signature: aggregate(rest.map(({ key }) => sign(key, digest))) })
      net().verifiers.shift()
      await net().report(3 * PARAMS.eraEpochs) // era 3 was never frozen
      net().verifiers.unshift(leaver)
    })
  })
})

describe('contracts: certificates before their time', () => {
  const net = networkForEach(() => TestNetwork.create())

  it('before the start, and before genesis', async () => {
    const header = { ...(await net().header(1)), previousHeader: ZERO_HASH }
    const early = { header, round: 0, nonSigners: [], signature: INFINITY_G2 }
    await expectRevert(net().post(early), 'NotStarted')
    for (let i = 0; i < 4; i++) await net().addVerifier()
    await net().start()
    await expectRevert(net().post(early), 'NotPostable', 1, 0)
    expect(net().genesis - (await net().evm.now())).to.be.within(1, START_DELAY)
  })

  it('keys that cancel out have no aggregate', async () => {
    for (const scalar of [5n, ORDER - 5n, 7n, ORDER - 7n]) await net().addVerifier(keyOfScalar(scalar))
    await net().start()
    await net().enter(2)
    const cancelled = { header: await net().header(1), round: 0, nonSigners: [], signature: INFINITY_G2 }
    await expectRevert(net().post(cancelled), 'InfinityAggregate')
    await net().post(net().certify(cancelled.header, { nonSigners: [3] }))
  })
})

/** How far back the EVM itself knows hashes. */
const EVM_WINDOW = 257
/** EIP-2935 */
const BLOCK_HISTORY = '0x0000F90827F1C53a10cb7A02335B175320002935'
const POP_DST = 'BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_'

function flipLastBit(encoded: Hex): Hex {
  const bytes = fromHex(encoded)
  bytes[bytes.length - 1]! ^= 1
  return toHex(bytes)
}
