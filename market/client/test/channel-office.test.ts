/** Channels of a client on a real chain: opened, filled up, and never more in them than the budget. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { systemRandom } from '../../../probe/index.js'
import { receiptStart } from '../../../probe/wire/receipts.js'
import type { Hex } from '../../../proto/hex.js'
import { connectChain } from '../../../verifier/chain/connect.js'
import { hex } from '../../../verifier/chain/contracts.js'
import { balanceOf, closeCall, startCloseCall, topUpChannel } from '../../../verifier/chain/escrow.js'
import type { EthersChain } from '../../../verifier/chain/ethers-chain.js'
import { postOfferCall } from '../../../verifier/chain/offers.js'
import { useLiveNetwork } from '../../../verifier/chain/test/live-network.js'
import { RpcProxy } from '../../../verifier/chain/test/rpc-proxy.js'
import { UserError } from '../../../verifier/config/errors.js'
import { silent } from '../../../verifier/net/test/network.js'
import { Lifecycle } from '../../../verifier/node/lifecycle.js'
import { WALL_CLOCK } from '../../../verifier/node/wall-clock.js'
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
  let path: string
  let purse: Purse
  let payees: Hex[]

  beforeEach(async () => {
    life = new Lifecycle()
    const folder = await mkdtemp(join(tmpdir(), 'bandwitness-office-'))
    await life.open(folder, one => rm(one, { recursive: true }))
    const { setup } = net.live
    payer = await connected(own())
    path = join(folder, 'purse')
    purse = await life.open(Purse.open(path, payer.network), one => one.close())
    payees = []
    for (const { name } of setup.providers) {
      const chain = await life.open(net.live.connectAs(name), one => one.close())
      const terms = { price: PRICE, premiumPrice: 0n, laneKbps: 0, lanePrice: 0n, exit: undefined }
      await chain.sender!.send(postOfferCall(chain.context, terms))
      payees.push(chain.account!)
    }
  })
  afterEach(() => life.stop())

  const connected = (privateKey: string, rpcUrl = net.live.anvil.rpcUrl) =>
    life.open(connectChain({ rpcUrl, network: net.live.setup.network, privateKey }), one => one.close())
  const own = () => net.live.anvil.accounts[0]!.privateKey
  async function officeWith(terms: Partial<ChannelTerms> = {}, chain = payer, wall = WALL_CLOCK) {
    const office = new ChannelOffice({
      ...{ chain, purse, wall, random: systemRandom, log: silent, premiumProofOf: undefined },
      terms: { deposit: DEPOSIT, budget: 10n * DEPOSIT, maxPrice: PRICE, ...terms },
    })
    await office.tidy()
    await office.look()
    return office
  }
  /** The client starts an opening, and ends before it is mined. */
  async function openAndEnd(payee: Hex): Promise<void> {
    const { anvil, setup } = net.live
    const stopping = new AbortController()
    const patience = { log: silent, stopping: stopping.signal }
    const chain = await connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey: own(), patience })
    const office = await officeWith({}, chain)
    await net.live.rpc('evm_setAutomine', [false])
    const opening = office.channelTo(payee, 'relay').catch((error: Error) => error.name)
    await net.live.pending(2) // the approval, too
    stopping.abort()
    expect(await opening).to.equal('AbortError')
    chain.close()
    await purse.close()
    purse = await life.open(Purse.open(path, payer.network), one => one.close())
  }
  const mine = async () => {
    await net.live.rpc('evm_mine')
    await net.live.rpc('evm_setAutomine', [true])
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
    expect(await refusal(office.channelTo(payees[0]!, 'relay'))).to.match(/the account has 0 tokens.*Send tokens to 0x/)
  })

  it('that run low in the same moment get no more than the budget together', async () => {
    const office = await officeWith({ budget: 3n * DEPOSIT })
    const channels = [await office.channelTo(payees[0]!, 'relay'), await office.channelTo(payees[1]!, 'relay')]
    for (const { id } of channels) await spend(id, 31)
    const filled = await Promise.all(channels.map(({ id }) => office.replenish(id)))
    expect(filled).to.have.members([true, false])
    const balances = await Promise.all(channels.map(({ id }) => onChain(id)))
    expect(balances.map(({ deposit }) => deposit)).to.have.members([DEPOSIT, 2n * DEPOSIT])
  })

  it('that are being closed are left rather than filled up, and forgotten once they are closed', async () => {
    const office = await officeWith()
    const { id, channel } = await office.channelTo(payees[0]!, 'relay')
    await spend(id, 35)
    await payer.sender!.send(startCloseCall(payer.context, channel))
    expect(await office.replenish(id)).to.equal(false)
    expect(purse.channels.map(({ standing }) => standing)).to.deep.equal(['closing'])
    const point = receiptStart(systemRandom.bytes(32), systemRandom.bytes(8))
    expect(await purse.pay(id, point, 1, 1), 'nobody is paid from it').to.equal(undefined)
    const next = await office.channelTo(payees[0]!, 'relay')
    expect(next.id).to.not.equal(id)
    const { closesAt } = await onChain(id)
    await net.live.mineAt(closesAt!)
    await payer.sender!.send(closeCall(payer.context, channel))
    await officeWith()
    expect(purse.channels.map(one => one.id)).to.deep.equal([next.id])
  })

  it('are closing also for a client that starts anew', async () => {
    const { id, channel } = await (await officeWith()).channelTo(payees[0]!, 'relay')
    await payer.sender!.send(startCloseCall(payer.context, channel))
    const office = await officeWith({ budget: DEPOSIT })
    expect((await office.channelTo(payees[0]!, 'relay')).id).to.not.equal(id)
  })

  it('that were mined after the client ended are found at its next start', async () => {
    await openAndEnd(payees[0]!)
    await mine()
    const office = await officeWith({ budget: DEPOSIT })
    const [found] = purse.channels
    expect(found).to.include({ deposit: DEPOSIT, purpose: 'relay', standing: 'open', total: 0 })
    expect(purse.planned).to.deep.equal([])
    expect((await office.channelTo(payees[0]!, 'relay')).id).to.equal(found!.id)
    await spend(found!.id, 1)
    expect(await refusal(office.channelTo(payees[1]!, 'relay')), 'it counts').to.include('tokens of --budget')
  })

  it('that are still on the way at the next start count, for ten minutes, and are used once they are there', async () => {
    await openAndEnd(payees[0]!)
    let nowMs = Date.now()
    const office = await officeWith({ budget: DEPOSIT }, payer, { nowMs: () => nowMs })
    expect(await refusal(office.channelTo(payees[1]!, 'relay'))).to.include('the chain does not show yet')
    nowMs += 600_000
    expect(office.canPay(payees[1]!, 'relay'), 'it will hardly come any more').to.equal(true)
    await mine()
    const { id } = await office.channelTo(payees[0]!, 'relay')
    expect(purse.channels.map(one => one.id)).to.deep.equal([id])
    expect((await onChain(id)).deposit).to.equal(DEPOSIT)
  })

  it('that were never opened leave no key, nor count', async () => {
    const office = await officeWith({ maxPrice: PRICE - 1n })
    const error = await office.channelTo(payees[0]!, 'relay').catch((cause: unknown) => cause)
    expect(error).to.be.instanceOf(UserError).with.property('code', 'configuration')
    expect(purse.planned).to.deep.equal([])
  })

  it('hold what the chain says, also after a top-up that the client did not see', async () => {
    const { id, channel } = await (await officeWith()).channelTo(payees[0]!, 'relay')
    await topUpChannel(payer.sender!, channel, DEPOSIT)
    const office = await officeWith()
    expect(purse.channels.map(({ deposit }) => deposit)).to.deep.equal([2n * DEPOSIT])
    await spend(id, 75)
    await topUpChannel(payer.sender!, channel, DEPOSIT)
    expect(await office.replenish(id), 'no further deposit').to.equal(true)
    expect((await onChain(id)).deposit).to.equal(3n * DEPOSIT)
  })

  it('keep their keys while a chain node does not show them, and are used once it does', async () => {
    const { id } = await (await officeWith()).channelTo(payees[0]!, 'relay')
    await spend(id, 1)
    const proxy = await life.open(RpcProxy.start(net.live.anvil.rpcUrl), one => one.stop())
    const slow = await connected(own(), proxy.url)
    const escrow = hex(slow.context.contracts.transferEscrow.target as string)
    const nothing: Record<string, unknown> = { eth_getLogs: [], eth_call: `0x${'00'.repeat(96)}` }
    proxy.fail = ({ id, method, params: [asked] }) => {
      const of = Object(asked) as { readonly to?: string; readonly address?: readonly string[] }
      if (!(method in nothing) || hex(of.to ?? of.address?.[0] ?? '') !== escrow) return undefined
      return { body: JSON.stringify({ jsonrpc: '2.0', id, result: nothing[method] }) }
    }
    const office = await officeWith({ budget: DEPOSIT }, slow)
    expect(purse.channels.map(({ standing }) => standing)).to.deep.equal(['missing'])
    expect(await refusal(office.channelTo(payees[0]!, 'relay'))).to.include('the chain does not show yet')
    proxy.fail = () => undefined
    const found = await office.channelTo(payees[0]!, 'relay')
    expect(found).to.include({ id, total: MIB, standing: 'open' })
  })
})
