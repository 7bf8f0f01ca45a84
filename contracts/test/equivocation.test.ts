/** What evidence of an equivocation does. What cannot be forged: equivocation-forgery.test.ts. */
import { expect } from 'chai'
import { STATEMENT_KINDS } from '../../proto/equivocation.js'
import { keccakText } from '../../proto/hash.js'
import { bondOf, bring, convicting } from './support/equivocations.js'
import { expectRevert, plain } from './support/evm.js'
import { DAY, networkForEach, PARAMS, TestNetwork, VERIFIER_BOND } from './support/network.js'

const VERIFIERS = 12
const BPS = 10_000n
/** The penalty in basis points if `count` of the set equivocated. */
const penaltyOf = (count: number, size = VERIFIERS): bigint => {
  const penalty = 500n + (30_000n * BigInt(count)) / BigInt(size)
  return penalty > BPS ? BPS : penalty
}
const lossOf = (count: number): bigint => (VERIFIER_BOND * penaltyOf(count)) / BPS

describe('contracts: equivocation', () => {
  const net = networkForEach(async () => {
    const network = await TestNetwork.running(VERIFIERS)
    await network.enter(3)
    return network
  })
  const loss = async (position: number) => VERIFIER_BOND - (await bondOf(net(), position))
  const collect = (position: number, from = net().deployer) => net().equivocation.send(from, 'collect', 1, position)

  for (const kind of STATEMENT_KINDS) {
    it(`two ${kind}s of one slot cost the bond's share, and nobody else pays`, async () => {
      const reporter = net().newAccount()
      const receipt = await bring(net(), convicting(net(), 4, kind), reporter)
      expect(await loss(4)).to.equal(lossOf(1))
      expect(await loss(3)).to.equal(0n)
      expect(await net().token.read('balanceOf', reporter)).to.equal((lossOf(1) * 500n) / BPS)
      expect(await net().equivocation.read('isProven', 1, 4)).to.equal(true)
      const [event] = net().equivocation.events(receipt, 'Equivocated')
      const account = net().verifiers[4]!.account
      const said = [1, 5, account, 2, STATEMENT_KINDS.indexOf(kind), reporter]
      expect(plain(event!.args)).to.deep.equal(said.map(one => (typeof one === 'string' ? one.toLowerCase() : one)))
    })
  }

  it('an expelled verifier is in no later set, and cannot come back', async () => {
    await bring(net(), convicting(net(), 4))
    await net().enter(PARAMS.eraEpochs)
    await net().registry.send(net().deployer, 'freeze', 2)
    const set = await net().registry.read<{ index: bigint }[]>('frozenSet', 2)
    expect(set.map(({ index }) => Number(index))).to.have.members([1, 2, 3, 4, 6, 7, 8, 9, 10, 11, 12])
    const { account, key } = net().verifiers[4]!
    await expectRevert(net().register(account, key), 'AlreadyRegistered', account.toLowerCase(), 5)
  })

  it('leaving does not dodge the evidence: the bond unbonds longer than evidence counts', async () => {
    await net().registry.send(net().verifiers[4]!.account, 'exit')
    await net().enter(PARAMS.eraEpochs)
    await net().registry.send(net().deployer, 'freeze', 2)
    const last = { epoch: PARAMS.eraEpochs }
    await net().evm.nextAt(net().startOf(PARAMS.eraEpochs + 2) + PARAMS.evidenceSeconds - 1)
    await bring(net(), convicting(net(), 4, 'report', last))
    expect(await loss(4)).to.equal(lossOf(1))
  })

  it('evidence counts from the start of its epoch to the end of the evidence period, and not before or after', async () => {
    await expectRevert(bring(net(), convicting(net(), 4, 'report', { epoch: 4 })), 'NotYet', 4, 3)
    await expectRevert(bring(net(), convicting(net(), 4, 'report', { epoch: 0, era: 0 })), 'NotYet', 0, 3)
    await bring(net(), convicting(net(), 5, 'report', { epoch: 3 }))
    const until = net().startOf(4) + PARAMS.evidenceSeconds
    await net().evm.nextAt(until - 1)
    await bring(net(), convicting(net(), 4))
    await net().evm.at(until)
    await expectRevert(bring(net(), convicting(net(), 3)), 'TooOld', 2, until)
  })

  it('evidence of the wrong era or of no position does not count', async () => {
    await expectRevert(bring(net(), convicting(net(), 4, 'report', { era: 2 })), 'WrongEra', 2, 1)
    const nowhere = convicting(net(), 4, 'report', { position: VERIFIERS })
    await expectRevert(bring(net(), nowhere), 'NoSuchPosition', 1, VERIFIERS, VERIFIERS)
    await expectRevert(net().equivocation.send(net().deployer, 'collect', 1, 250), 'NotProven', 1, 250)
  })

  it('the same or other evidence against a convicted verifier costs it nothing more', async () => {
    await bring(net(), convicting(net(), 4, 'ballot'))
    for (const again of [
      convicting(net(), 4, 'ballot'),
      convicting(net(), 4, 'seen'),
      convicting(net(), 4, 'report'),
    ]) {
      await expectRevert(bring(net(), again), 'AlreadyProven', 1)
    }
    await expectRevert(bring(net(), convicting(net(), 4, 'report', { epoch: 3, slot: 2 })), 'AlreadyProven', 1)
    await expectRevert(collect(4), 'NothingToCharge', 5)
    expect(await loss(4)).to.equal(lossOf(1))
  })

  it('one machine with a fault keeps most of its bond; a third of the set loses all', async () => {
    const third = [0, 1, 2, 3]
    for (const position of third) await bring(net(), convicting(net(), position))
    expect(await loss(0)).to.equal(lossOf(1))
    expect(await net().equivocation.read('owedFor', 1, 0)).to.equal(VERIFIER_BOND - lossOf(1))
    expect(await net().equivocation.read('penaltyBpsOf', 1)).to.equal(BPS)
    for (const position of third.slice(0, 3)) await collect(position)
    for (const position of third) expect(await loss(position)).to.equal(VERIFIER_BOND)
    expect(await net().equivocation.read('owedFor', 1, 0)).to.equal(0n)
    await bring(net(), convicting(net(), 7)) // a fifth loses no more than it has
    expect(await loss(7)).to.equal(VERIFIER_BOND)
  })

  it('the order of evidence and top-ups never changes what each verifier loses', async () => {
    const orders = [
      [2, 5, 9],
      [9, 2, 5],
      [5, 9, 2],
    ]
    for (const [i, order] of orders.entries()) {
      const back = await net().checkpoint()
      for (const position of order) {
        await bring(net(), convicting(net(), position))
        if (i === 1) await collect(order[0]!).catch(() => undefined) // in between as well
      }
      for (const position of order)
        await collect(position).catch(error => expect(`${error}`).to.contain('NothingToCharge'))
      for (const position of order) expect(await loss(position), `${order}`).to.equal(lossOf(3))
      await back()
    }
  })

  it('equivocations in two eras cost the higher of both penalties', async () => {
    const era2 = { epoch: PARAMS.eraEpochs + 1 }
    for (const reversed of [false, true]) {
      const back = await net().checkpoint()
      await net().enter(PARAMS.eraEpochs + 2) // nobody froze era 2, so the set of era 1 continues
      await bring(net(), convicting(net(), 5, 'report', era2))
      const both = [convicting(net(), 4), convicting(net(), 4, 'report', era2)]
      for (const evidence of reversed ? both.reverse() : both) await bring(net(), evidence)
      expect(await loss(4)).to.equal(lossOf(2))
      await back()
    }
  })

  it('who convicts itself gets no bounty, and loses 95 % of the charge through another account', async () => {
    const { account } = net().verifiers[4]!
    await bring(net(), convicting(net(), 4), account)
    expect(await net().token.read('balanceOf', account)).to.equal(0n)
    const puppet = net().newAccount()
    await bring(net(), convicting(net(), 5), puppet)
    expect(await net().token.read('balanceOf', puppet)).to.equal((lossOf(2) * 500n) / BPS)
  })

  it('every token of a charge is paid or burned', async () => {
    const supply = await net().token.read('totalSupply')
    const reporter = net().newAccount()
    for (const position of [1, 2]) await bring(net(), convicting(net(), position), reporter)
    await collect(1, reporter)
    const charged = 2n * lossOf(2)
    const paid = await net().token.read('balanceOf', reporter)
    expect(supply - (await net().token.read('totalSupply'))).to.equal(charged - paid)
    expect((await loss(1)) + (await loss(2))).to.equal(charged)
  })

  it('a vault that lets bonds go before the evidence is refused at deployment', async () => {
    const params = { ...PARAMS, unbondingSeconds: 14 * DAY, evidenceSeconds: 14 * DAY - 2 * PARAMS.epochSeconds }
    const { evm, vault, reports, registry, deployer } = net()
    const args = [vault.address, reports.address, registry.address, params.evidenceSeconds]
    await expectRevert(evm.deploy(deployer, 'EquivocationSlasher', args), 'UnbondingTooShort', 14 * DAY, 14 * DAY)
    const long = [...args.slice(0, 3), 13 * DAY]
    const needed = 14 * DAY + 2 * PARAMS.epochSeconds
    await expectRevert(evm.deploy(deployer, 'EquivocationSlasher', long), 'EvidenceTooLong', needed, 14 * DAY)
  })

  it('only the equivocation slasher expels', async () => {
    const { registry, deployer } = net()
    await expectRevert(registry.send(deployer, 'expel', 1), 'NotEquivocationSlasher', deployer)
    expect(await registry.read('stayingCount')).to.equal(BigInt(VERIFIERS))
    await bring(net(), convicting(net(), 4, 'seen', { first: keccakText('x') }))
    expect(await registry.read('stayingCount')).to.equal(BigInt(VERIFIERS - 1))
  })
})
