/** Channels of a client on a real chain: opened, filled up, and never more in them than the budget. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemRandom } from '../../../probe/index.js'
import { receiptStart } from '../../../probe/wire/receipts.js'
import type { Hex } from '../../../proto/hex.js'
import { connectChain } from '../../../verifier/chain/connect.js'
import { balanceOf, startCloseCall } from '../../../verifier/chain/escrow.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import { postOfferCall } from '../../../verifier/chain/offers.js'
import { useLiveNetwork } from '../../../verifier/chain/test/live-network.js'
import { UserError } from '../../../verifier/config/errors.js'
import { silent } from '../../../verifier/net/test/network.js'
import { Lifecycle } from '../../../verifier/node/lifecycle.js'
import { purposeOf } from '../../core/purpose.js'
import { ChannelOffice, type ChannelTerms } from '../channel-office.js'
import { Purse } from '../purse.js'

const MIB = 2 ** 20
/** A wei for a MiB. */
const PRICE = 1024n
const DEPOSIT = 40n

describe('the channels of a client', () => {
  const net = useLiveNetwork()
  let life: Lifecycle
  let payer: EthersChain
  let purse: Purse
  let payees: Hex[]

  beforeEach(async () => {
    life = new Lifecycle()
    const folder = await mkdtemp(join(tmpdir(), 'bandwitness-office-'))
    await life.open(folder, one => rm(one, { recursive: true }))
    const { anvil, setup } = net.live
    payer = await connected(anvil.accounts[0]!.privateKey)
    purse = await life.open(Purse.open(join(folder, 'purse'), payer.network), one => one.close())
    payees = []
    for (const { name } of setup.providers) {
      const chain = await life.open(net.live.connectAs(name), one => one.close())
      const terms = { price: PRICE, premiumPrice: 0n, laneKbps: 0, lanePrice: 0n, exit: undefined }
      await chain.sender!.send(postOfferCall(chain.context, terms))
      payees.push(chain.account!)
    }
  })
  afterEach(() => life.stop())

  const connected = (privateKey: string) => {
    const { anvil, setup } = net.live
    return life.open(connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey }), one => one.close())
  }
  async function officeWith(terms: Partial<ChannelTerms> = {}, chain = payer): Promise<ChannelOffice> {
    const office = new ChannelOffice({
      ...{ chain, purse, random: systemRandom, log: silent, premiumProofOf: undefined },
      terms: { deposit: DEPOSIT, budget: 10n * DEPOSIT, maxPrice: PRICE, ...terms },
    })
    await office.look()
    return office
  }
  /** Signs so much away. */
  const spend = async (id: Hex, mib: number) => {
    const point = receiptStart(systemRandom.bytes(32), systemRandom.bytes(8))
    expect(await purse.pay(id, point, mib * MIB, mib * MIB)).to.not.equal(undefined)
  }
  const refusal = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.catch((cause: unknown) => cause)
    expect(error).to.be.instanceOf(UserError).with.property('code', 'nobody-suits')
    return (error as Error).message
  }
  const onChain = (id: Hex) => balanceOf(payer.context, id)

  it('are one for each account and purpose, used until they are nearly empty', async () => {
    const office = await officeWith()
    const relay = await office.channelTo(payees[0]!, 'relay')
    const exit = await office.channelTo(payees[0]!, 'exit')
    expect(purposeOf(relay.channel.signer)).to.equal('relay')
    expect(purposeOf(exit.channel.signer)).to.equal('exit')
    await spend(relay.id, 32)
    expect((await office.channelTo(payees[0]!, 'relay')).id).to.equal(relay.id)
    expect((await onChain(relay.id)).deposit).to.equal(DEPOSIT)
  })

  it('that are nearly empty get another deposit, once for all who ask', async () => {
    const office = await officeWith()
    const { id } = await office.channelTo(payees[0]!, 'relay')
    expect(office.stateOf(id)).to.equal('well')
    await spend(id, 31)
    expect(office.stateOf(id)).to.equal('low')
    expect(await Promise.all([office.replenish(id), office.replenish(id)])).to.deep.equal([true, true])
    expect((await onChain(id)).deposit).to.equal(2n * DEPOSIT)
    expect(office.stateOf(id)).to.equal('well')
    await spend(id, 45)
    expect(office.stateOf(id)).to.equal('empty')
    expect((await office.channelTo(payees[0]!, 'relay')).id, 'the same channel').to.equal(id)
    expect((await onChain(id)).deposit).to.equal(3n * DEPOSIT)
  })

  it('hold no more than the budget together, and say so when it is used up', async () => {
    const office = await officeWith({ budget: 2n * DEPOSIT })
    const { id } = await office.channelTo(payees[0]!, 'relay')
    const [one, other] = await Promise.allSettled([
      office.channelTo(payees[1]!, 'relay'),
      office.channelTo(payees[1]!, 'exit'),
    ])
    expect([one.status, other.status]).to.have.members(['fulfilled', 'rejected'])
    expect(await refusal(office.channelTo(payees[0]!, 'exit'))).to.include('tokens of --budget')
    expect(office.canPay(payees[0]!, 'relay'), 'from the channel that is open').to.equal(true)
    expect(office.canPay(payees[0]!, 'exit')).to.equal(false)
    await spend(id, 35)
    expect(await office.replenish(id)).to.equal(false)
    expect((await onChain(id)).deposit).to.equal(DEPOSIT)
  })

  it('are not opened with more than the account has', async () => {
    const poor = await connected(`0x${'77'.repeat(32)}`)
    const office = await officeWith({}, poor)
    expect(office.canPay(payees[0]!, 'relay')).to.equal(false)
    expect(await refusal(office.channelTo(payees[0]!, 'relay'))).to.include('the account has 0 tokens')
  })

  it('that are being closed are forgotten rather than filled up', async () => {
    const office = await officeWith()
    const { id, channel } = await office.channelTo(payees[0]!, 'relay')
    await spend(id, 35)
    await payer.sender!.send(startCloseCall(payer.context, channel))
    expect(await office.replenish(id)).to.equal(false)
    expect(purse.channels).to.deep.equal([])
    expect((await office.channelTo(payees[0]!, 'relay')).id).to.not.equal(id)
  })
})
