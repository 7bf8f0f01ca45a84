import { after, before } from 'mocha'
import type { Hex } from '../../proto/hex.js'
import { encodeLeaf, type Leaf } from '../../proto/leaf.js'
import { MerkleTree } from '../../proto/merkle.js'
import type { Reward } from '../../proto/reward.js'
import { bring, bringCertificates, contradicting, convicting } from './support/equivocations.js'
import { expectRevert, TX_GAS_LIMIT, theChain } from './support/evm.js'
import { compareGas, type GasRow } from './support/gas-table.js'
import { LaneMarket } from './support/lanes.js'
import { GIB, Market, type Opened } from './support/market.js'
import { leafOf, PARAMS, TestNetwork, TOKEN, WEEK } from './support/network.js'
import { Ballots, penalise, Receivers, refute, voteOf } from './support/refutations.js'
import { afterDelay, claim, fundPot, reportRewards } from './support/rewards.js'

const POST_BOUND = 235_000
const POST_MISSING_BOUND = 360_000
const SETTLE_BOUND = 130_000
const CLAIM_BOUND = 90_000
/** The chain takes 20,000 gas more for the balance of an account that had no tokens. */
const CLAIM_WITHOUT_TOKENS_BOUND = 110_000
const REFUTE_BOUND = 1_100_000
const BATCH = 20
const BATCH_BOUND = 60_000
const FREEZE_BOUND = 10_000_000
const EQUIVOCATION_BOUND = 330_000
/** The bounty is the first token of the account. */
const NEW_HOLDER_BOUND = 350_000
const OPEN_BOUND = 140_000
const REDEEM_BOUND = 60_000
/** The chain takes 17,000 gas more for the balance of an account that had no tokens. */
const REDEEM_WITHOUT_TOKENS_BOUND = 80_000
const REDEEM_BATCH_BOUND = 22_000
/** A user signs for each MiB, or more often. Only the last signature goes to the chain. */
const PAYMENTS = 10_000
const PAYMENT_BOUND = 20
const LANE_BOUND = 175_000
const LONG_LANE_BOUND = 260_000
/** A set of 191 must fit into one transaction of 16.7 M gas. */
const CERTIFICATES_BOUND = Math.floor((TX_GAS_LIMIT * 128) / 191)
const ONE_CHANGE_BOUND = 1_000_000
const PROVIDERS = 100_000
const THIRD_OF_128 = Array.from({ length: 42 }, (_, i) => 3 * i)
const TIMEOUT_MS = 600_000

interface Penalties {
  readonly epoch: number
  readonly leaves: readonly Leaf[]
  readonly tree: MerkleTree
}

const addressOf = (i: number): Hex => `0x${i.toString(16).padStart(40, '0')}`

/** Fills one table. Each figure is the gas of a transaction on a network in use. */
describe('contracts: gas', function () {
  this.timeout(TIMEOUT_MS)
  const rows: GasRow[] = []
  let beforeAll: string
  before(async () => {
    beforeAll = await (await theChain()).snapshot()
  })
  after(async () => {
    await (await theChain()).revert(beforeAll)
  })

  it('is within its bounds and agrees with the table', async () => {
    await small()
    await rewards()
    await market()
    await lanes()
    await large()
    compareGas(rows)
  })

  /** Four verifiers: registration, the first report, settlements. */
  async function small(): Promise<void> {
    const network = await TestNetwork.create()
    for (let i = 0; i < 3; i++) await network.addVerifier()
    const { receipt } = await network.addVerifier()
    rows.push({ call: 'register a verifier', gas: receipt.gasUsed })
    const provider = await network.addProvider()
    await network.start()
    const first = await network.report(1)
    rows.push({ call: 'post, 4 of 4 verifiers, the first report', gas: first.gasUsed, bound: POST_BOUND })
    const settle = await penalties(network, provider)
    await eraEnd(network, 4)
    const next = await network.report(PARAMS.eraEpochs + 1)
    rows.push({ call: 'post, 4 of 4, the first of an era', gas: next.gasUsed, bound: POST_BOUND })
    await settle()
    await refuted(network, provider)
  }

  /** A penalty that all 64 receivers of a provider contradict; 22 votes suffice. Each ballot holds 128 votes. */
  async function refuted(network: TestNetwork, provider: Hex): Promise<void> {
    const epoch = 2 * PARAMS.eraEpochs + 5
    const all = Array.from({ length: 64 }, (_, i) => i + 1)
    const receivers = new Receivers(all.map(receiver => [receiver, epoch]))
    const votesOf = (receiver: number) =>
      Array.from({ length: 128 }, (_, i) => voteOf(epoch, i === 0 ? provider : addressOf(i), receiver))
    const ballots = new Ballots(all.map(receiver => [receiver, votesOf(receiver)]))
    const owed = await penalise(network, epoch, provider, { assignedRoot: receivers.root, ballots })
    const votes = all.slice(0, 22).map(receiver => ({
      ...{ header: 0, ...ballots.open(receiver), assignedProof: receivers.proof(receiver) },
    }))
    const headers = [network.headers.get(epoch)!]
    const refutation = { headers, ...owed, previousEpoch: PARAMS.eraEpochs + 1, assigned: receivers.n, votes }
    const { gasUsed } = await refute(network, refutation, network.verifiers[1]!.account)
    rows.push({ call: `refute, ${votes.length} votes for 64 receivers`, gas: gasUsed, bound: REFUTE_BOUND })
    const note = await network.reports.send(network.deployer, 'noteBlock', (await network.evm.block()).number)
    rows.push({ call: 'note a block', gas: note.gasUsed })
  }

  /** Posts reports of 100,000 leaves. @returns a function that later settles leaves of theirs */
  async function penalties(network: TestNetwork, provider: Hex): Promise<() => Promise<void>> {
    const owing = [provider]
    while (owing.length < BATCH) owing.push(await network.addProvider())
    const [one, two, batch] = [2, 3, 4].map((epoch): Penalties => {
      const leaves = Array.from({ length: PROVIDERS }, (_, i) => leafOf(epoch, owing[i] ?? addressOf(i), 100))
      return { epoch, leaves, tree: new MerkleTree(leaves.map(encodeLeaf)) }
    }) as [Penalties, Penalties, Penalties]
    for (const { epoch, tree } of [one, two, batch]) {
      const { gasUsed } = await network.report(epoch, { scoreRoot: tree.root, providerCount: PROVIDERS })
      if (epoch === 2) rows.push({ call: `post, 4 of 4, 100,000 providers`, gas: gasUsed, bound: POST_BOUND })
    }
    return async () => {
      const row = (call: string, gas: number, bound?: number) =>
        rows.push({ call: `settle, 100,000 providers, ${call}`, gas, ...(bound && { bound }) })
      await network.evm.at(network.startOf(6) + PARAMS.settlementSeconds)
      const settler = network.newAccount()
      const first = await network.settle(one.leaves[0]!, one.tree.proof(0), network.verifiers[0]!.account)
      row('by a verifier, the first of the week', first.gasUsed, SETTLE_BOUND)
      const fresh = await network.settle(one.leaves[1]!, one.tree.proof(1), settler)
      row('by one without tokens', fresh.gasUsed)
      const again = await network.settle(two.leaves[1]!, two.tree.proof(1), settler)
      row('the second of the provider in the week', again.gasUsed, SETTLE_BOUND)
      const indices = owing.map((_, i) => i)
      for (const [name, from] of [
        ['a verifier', network.verifiers[0]!.account],
        ['another', settler],
      ] as const) {
        const restore = await network.checkpoint()
        const { gasUsed } = await network.settleBatch(batch.leaves, batch.tree, indices, from)
        row(`each of ${BATCH} by ${name}`, Math.ceil(gasUsed / BATCH), BATCH_BOUND)
        await restore()
      }
    }
  }

  /** Two reports that show rewards of 100,000 accounts, and claims by both of them. */
  async function rewards(): Promise<void> {
    const network = await TestNetwork.running()
    const fund = await fundPot(network, 100n * TOKEN)
    rows.push({ call: 'fund the pot, the first time', gas: fund.gasUsed })
    const [holder, newcomer] = [network.newAccount(), network.newAccount()]
    await network.fund(holder, TOKEN)
    const others = Array.from(
      { length: PROVIDERS - 2 },
      (_, i): Reward => ({ account: addressOf(i), cumulative: TOKEN }),
    )
    const show = (epoch: number, cumulative: bigint) =>
      reportRewards(network, epoch, [{ account: holder, cumulative }, { account: newcomer, cumulative }, ...others])
    const [first, second] = [await show(1, TOKEN), await show(2, 2n * TOKEN)]
    await afterDelay(network, 2)
    const claims = [
      { report: first, account: holder, who: 'the first of an account', bound: CLAIM_BOUND },
      { report: second, account: holder, who: 'a later one', bound: CLAIM_BOUND },
      {
        ...{ report: first, account: newcomer, bound: CLAIM_WITHOUT_TOKENS_BOUND },
        who: 'the first of an account without tokens',
      },
    ]
    for (const { report, account, who, bound } of claims) {
      const { gasUsed } = await claim(network, report, account)
      rows.push({ call: `claim, 100,000 accounts, ${who}`, gas: gasUsed, bound })
    }
  }

  /** Channels of an escrow that holds others' tokens, and payees that have been paid before, and not. */
  async function market(): Promise<void> {
    const network = await TestNetwork.create()
    const escrow = Market.of(network)
    const [payer, payee, newcomer] = [await escrow.payer(1000n * TOKEN), await escrow.payee(), await escrow.payee()]
    const opened: Opened[] = []
    for (let i = 0; i <= BATCH; i++) opened.push(await escrow.open(payer, payee))
    rows.push({ call: 'open a channel', gas: opened[1]!.gasUsed, bound: OPEN_BOUND })
    const unpaid = await escrow.open(payer, newcomer)
    const redeem = async (of: readonly Opened[], total: number) =>
      (await escrow.redeem(of.map(({ channel }) => escrow.receipt(channel, total)))).gasUsed
    rows.push({
      ...{ call: 'redeem, the first of an account without tokens', bound: REDEEM_WITHOUT_TOKENS_BOUND },
      gas: await redeem([unpaid], GIB + 12_345),
    })
    await redeem([unpaid, opened[0]!], 2 * GIB + 12_345)
    const one = await redeem([opened[0]!], 3 * GIB + 12_345)
    rows.push({ call: 'redeem', gas: one, bound: REDEEM_BOUND })
    rows.push({ call: `redeem, each of ${PAYMENTS} payments`, gas: Math.ceil(one / PAYMENTS), bound: PAYMENT_BOUND })
    const batch = await redeem(opened.slice(1), GIB + 12_345)
    rows.push({ call: `redeem, each of ${BATCH} channels`, gas: Math.ceil(batch / BATCH), bound: REDEEM_BATCH_BOUND })
    const { gasUsed } = await escrow.escrow.send(payee, 'release', opened[0]!.channel)
    rows.push({ call: 'release a channel', gas: gasUsed })
  }

  /** Lanes in words that no other lane has written yet, of a contract that holds others' tokens. */
  async function lanes(): Promise<void> {
    const network = await TestNetwork.create()
    const market = await LaneMarket.beside(network)
    const [payer, payee, other] = [await market.payer(1000n * TOKEN), await market.payee(), await market.payee()]
    const present = await market.nextSlot()
    await market.reserve(payer, other, present)
    const one = await market.reserve(payer, payee, present + 1)
    rows.push({ call: 'reserve a lane of one slot', gas: one.gasUsed, bound: LANE_BOUND })
    const word = present + 16 - (present % 8)
    const long = await market.reserve(payer, payee, word - 3, { slots: 12 })
    rows.push({ call: 'reserve a lane of twelve slots, in three words', gas: long.gasUsed, bound: LONG_LANE_BOUND })
    await market.settle(one.lane, 1)
    for (const slotsServed of [3, 12]) {
      const restore = await network.checkpoint()
      const { gasUsed } = await market.settle(long.lane, slotsServed)
      rows.push({ call: `settle ${slotsServed} of twelve slots`, gas: gasUsed })
      await restore()
    }
    await network.evm.at(market.refundableAt(long.lane))
    rows.push({ call: 'refund a lane', gas: (await market.refund(long.lane)).gasUsed })
  }

  async function large(): Promise<void> {
    const network = await TestNetwork.create()
    for (let i = 0; i < 128; i++) await network.addVerifier()
    const { gasUsed: start } = await network.start()
    rows.push({ call: 'start with 128', gas: start, bound: FREEZE_BOUND })
    await network.report(1)
    const all = await network.report(2)
    rows.push({ call: 'post, 128 of 128', gas: all.gasUsed, bound: POST_BOUND })
    await network.enter(4)
    const certificate = network.certify(await network.header(3), { nonSigners: THIRD_OF_128 })
    const { gasUsed } = await network.post(certificate)
    rows.push({ call: 'post, 86 of 128', gas: gasUsed, bound: POST_MISSING_BOUND })
    await eraEnd(network, 128)
    await equivocations(network)
    await freezes(network)
  }

  /** The first evidence of an era, by one without tokens, and two certificates of everybody else. */
  async function equivocations(network: TestNetwork): Promise<void> {
    const restore = await network.checkpoint()
    const first = await bring(network, convicting(network, 77))
    rows.push({ call: 'slashEquivocation, by one with tokens', gas: first.gasUsed, bound: EQUIVOCATION_BOUND })
    const second = await bring(network, convicting(network, 78), network.newAccount())
    rows.push({ call: 'slashEquivocation, by one without tokens', gas: second.gasUsed, bound: NEW_HOLDER_BOUND })
    await equivocationInNewWeek(network)
    const { gasUsed } = await bringCertificates(network, await contradicting(network, [[77], [77]]))
    rows.push({ call: 'slashCertificates, 126 of 128', gas: gasUsed, bound: CERTIFICATES_BOUND })
    await restore()
  }

  async function equivocationInNewWeek(network: TestNetwork): Promise<void> {
    const restore = await network.checkpoint()
    await network.evm.at((Math.floor((await network.evm.now()) / WEEK) + 1) * WEEK)
    const { gasUsed } = await bring(network, convicting(network, 79))
    const call = 'slashEquivocation, by one with tokens, the first slash in a week'
    rows.push({ call, gas: gasUsed, bound: EQUIVOCATION_BOUND })
    await restore()
  }

  /** Reports the last epoch of era 1, at whose end nobody freezes a set that has not changed. */
  async function eraEnd(network: TestNetwork, size: number): Promise<void> {
    await network.enter(PARAMS.eraEpochs)
    await expectRevert(network.registry.send(network.deployer, 'freeze', 2), 'NothingChanged', 2)
    const post = await network.report(PARAMS.eraEpochs)
    rows.push({ call: `post, ${size} of ${size}, the last of an era`, gas: post.gasUsed, bound: POST_BOUND })
  }

  /** One verifier joins, one leaves, then a third of the others. */
  async function freezes(network: TestNetwork): Promise<void> {
    const [first, ...others] = network.verifiers.map(({ account }) => account)
    const third = THIRD_OF_128.map(i => others[i]!)
    const changes: [call: string, bound: number, change: () => Promise<unknown>][] = [
      ['freeze 129, one joining', ONE_CHANGE_BOUND, () => network.addVerifier()],
      ['freeze 128, one leaving', ONE_CHANGE_BOUND, () => network.registry.send(first!, 'exit')],
      ['freeze 86, 42 leaving', FREEZE_BOUND, () => Promise.all(third.map(one => network.registry.send(one, 'exit')))],
    ]
    for (const [i, [call, bound, change]] of changes.entries()) {
      await change()
      await network.enter((2 + i) * PARAMS.eraEpochs)
      const { gasUsed } = await network.registry.send(network.deployer, 'freeze', 3 + i)
      rows.push({ call, gas: gasUsed, bound })
    }
  }
})
