/** Nobody but a verifier itself can make the evidence against it, and honest signatures never add up to evidence. */

import { expect } from 'chai'
import fc from 'fast-check'
import { type Equivocation, equivocationDigests, STATEMENT_KINDS } from '../../proto/equivocation.js'
import { keccakText } from '../../proto/hash.js'
import type { Hex } from '../../proto/hex.js'
import { aggregate, encodeNobleG2, INFINITY_G2, keyOf, keyOfScalar, ORDER, outsideG2, sign } from './support/bls.js'
import { bondOf, bring, convicting, kindOf, statements, sumBy } from './support/equivocations.js'
import { expectRevert } from './support/evm.js'
import { networkForEach, TestNetwork, VERIFIER_BOND } from './support/network.js'

const TRIES = 40

describe('contracts: forged evidence of an equivocation', () => {
  const net = networkForEach(async () => {
    const network = await TestNetwork.running(7)
    await network.enter(3)
    return network
  })
  afterEach('nobody lost anything', async () => {
    for (const position of net().verifiers.keys()) expect(await bondOf(net(), position)).to.equal(VERIFIER_BOND)
  })

  const key = () => net().verifiers[4]!.key
  const evidence = () => statements(net(), 4)
  const digests = () => equivocationDigests(net().id, evidence()) as [Hex, Hex]
  const refused = (signature: Hex, what: Equivocation = evidence()) =>
    expectRevert(bring(net(), { evidence: what, signature }), 'NotSignedByBoth', 5)

  it('one signature counted twice is no evidence', async () => {
    const [first] = digests()
    await refused(aggregate([sign(key(), first), sign(key(), first)]))
    const same = { ...evidence(), second: evidence().first }
    const sum = sumBy(net(), key(), same)
    await expectRevert(bring(net(), { evidence: same, signature: sum }), 'SameStatement', same.first)
  })

  it('one signature and nothing, or a certificate in its place', async () => {
    await refused(aggregate([sign(key(), digests()[0])]))
    await refused(aggregate(net().verifiers.map(one => sign(one.key, digests()[0]))))
  })

  it("one signature of the accused and another verifier's over the other statement", () =>
    refused(aggregate([sign(key(), digests()[0]), sign(net().verifiers[3]!.key, digests()[1])])))

  it('a sum under a key that the forger made from the key of the accused', async () => {
    const mine = keyOf('rogue')
    const rogue = keyOfScalar((mine.scalar + ORDER - key().scalar) % ORDER) // mine minus the key of the accused
    await refused(aggregate(digests().map(digest => sign(mine, digest))))
    await refused(aggregate(digests().flatMap(digest => [sign(mine, digest), sign(rogue, digest)])))
  })

  it('signatures of the accused over other statements, however they are added or subtracted', async () => {
    const negated = keyOfScalar(ORDER - key().scalar)
    const others = [0, 1, 2, 3].map(i => sign(key(), keccakText(`other ${i}`)))
    await refused(aggregate(others.slice(0, 2)))
    await refused(aggregate(others))
    await refused(aggregate([sign(key(), digests()[0]), sign(negated, digests()[1])]))
    await refused(sumBy(net(), negated, evidence()))
  })

  it('the point at infinity, a point outside the subgroup, and bytes that are no point', async () => {
    const bringSum = (signature: Hex) => bring(net(), { evidence: evidence(), signature })
    await expectRevert(bringSum(INFINITY_G2), 'InfinitySignature')
    await expectRevert(bringSum('0x'), 'WrongSignatureLength', 0)
    await expectRevert(bringSum(`${INFINITY_G2}00`), 'WrongSignatureLength', 257)
    await refused(encodeNobleG2(outsideG2()))
    await refused(`0x${'11'.repeat(256)}`)
  })

  it('reports of two rounds, statements of two epochs and statements of two kinds contradict nothing', async () => {
    const byTwo = (a: Equivocation, b: Equivocation) =>
      aggregate([sign(key(), equivocationDigests(net().id, a)[0]), sign(key(), equivocationDigests(net().id, b)[1])])
    await refused(byTwo(evidence(), { ...evidence(), slot: 1 }))
    await refused(byTwo(evidence(), { ...evidence(), epoch: 3 }))
    for (const kind of STATEMENT_KINDS.slice(0, 3)) {
      const own = statements(net(), 4, kind)
      await refused(byTwo(own, { ...own, kind: (own.kind + 1) % 3 }), own)
    }
  })

  it('statements for another network, chain or era do not count here', async () => {
    for (const id of [
      { ...net().id, chainId: 1 },
      { ...net().id, contract: net().registry.address },
    ]) {
      await refused(aggregate(equivocationDigests(id, evidence()).map(digest => sign(key(), digest))))
    }
    await refused(sumBy(net(), key(), { ...evidence(), era: 2 }))
  })

  it('a statement that names another verifier is not this one’s', async () => {
    const foreign = statements(net(), 4, 'ballot', { slot: 4 })
    const forged = { evidence: foreign, signature: sumBy(net(), key(), foreign) }
    await expectRevert(bring(net(), forged), 'WrongSlot', 4, 5)
  })

  it('true evidence does not convict the verifier at another position', async () => {
    const { signature } = convicting(net(), 4)
    await expectRevert(bring(net(), { evidence: { ...evidence(), position: 3 }, signature }), 'NotSignedByBoth', 4)
  })

  it('no two signatures of an honest verifier are evidence, of whatever kind, epoch, round and value', async () => {
    // An honest verifier signs one value in each slot, any number of times. The forger claims any contradiction.
    const claim = fc.record({
      kind: fc.nat(3),
      epoch: fc.integer({ min: 1, max: 3 }),
      round: fc.nat(2),
      claimed: fc.nat(2),
      of: fc.array(fc.tuple(fc.nat(3), fc.integer({ min: 1, max: 3 }), fc.nat(2)), { minLength: 1, maxLength: 4 }),
    })
    const valueIn = (kind: number, epoch: number, slot: number): Hex => keccakText(`${kind} ${epoch} ${slot}`)
    const slotOf = (kind: number, round: number) => (kind === kindOf('report') ? round : 5)
    await fc.assert(
      fc.asyncProperty(claim, async ({ kind, epoch, round, claimed, of }) => {
        const slot = slotOf(kind, round)
        const first = valueIn(kind, epoch, slot)
        const forged: Equivocation = { kind, era: 1, epoch, slot, position: 4, first, second: keccakText(`${claimed}`) }
        const honest = of.map(([k, e, r]) => {
          const value = valueIn(k, e, slotOf(k, r))
          const signed = { ...forged, kind: k, epoch: e, slot: slotOf(k, r), first: value, second: value }
          return sign(key(), equivocationDigests(net().id, signed)[0])
        })
        await refused(aggregate([sign(key(), equivocationDigests(net().id, forged)[0]), ...honest]), forged)
      }),
      { numRuns: TRIES },
    )
  })
})
