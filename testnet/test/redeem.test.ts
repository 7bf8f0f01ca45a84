/** `provider redeem` and `provider register --region` on a real chain. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import { purposeOf } from '../../market/core/purpose.js'
import { regionOf } from '../../market/core/region.js'
import type { RedeemJson } from '../../market/provider/redeem-command.js'
import { VOUCHER_FOLDERS } from '../../market/provider/vouchers/till.js'
import { openVoucherStore } from '../../market/provider/vouchers/voucher-store.js'
import { keccakText } from '../../proto/hash.js'
import { type Hex, toHex } from '../../proto/hex.js'
import { connectChain } from '../../verifier/chain/connect.js'
import { balanceOf, openChannel, startCloseCall } from '../../verifier/chain/escrow.js'
import { useLiveNetwork } from '../../verifier/chain/test/live-network.js'
import { voucherSigner } from '../../verifier/chain/vouchers.js'
import { PROVIDER_STAKE } from '../network/setup.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'
import { stakeHolder } from './support/stake-holder.js'

const MIB = 2 ** 20
/** 0.05 tokens for a GiB */
const MIB_PRICE = (5n * 10n ** 16n) / 1024n

describe('redemption by the command line', function () {
  this.timeout(4 * TIMEOUT_MS)
  const net = useLiveNetwork()
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-redeem-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('a provider of a region is paid for the vouchers of its data directory, and ends a channel that closes', async () => {
    const { account, dataDir } = await stakeHolder(net.live, directory, 'carrier', PROVIDER_STAKE)
    const { networkFile, anvil, setup } = net.live
    const flags = ['--data-dir', dataDir, '--network', networkFile, '--rpc', anvil.rpcUrl]
    const provider = async (...argv: string[]) => bandwitness(['provider', argv[0]!, ...flags, ...argv.slice(1)])
    const redeem = async (...more: string[]): Promise<RedeemJson> => {
      const { code, stdout, stderr } = await provider('redeem', ...more, '--json')
      expect(code, stderr).to.equal(0)
      return JSON.parse(stdout)
    }
    const wrong = await provider('register', '--claim', '25mbps', '--region', 'Germany', '--yes')
    expect([wrong.code, complaint(wrong)]).to.deep.equal([
      2,
      'bandwitness: --region Germany is no country code. Give two letters, such as DE.',
    ])
    await provider('register', '--claim', '25mbps', '--region', 'de', '--yes')
    expect((await net.chain.provider(account))?.region).to.equal(regionOf('DE'))
    await provider('offer', '--price', '0.05')
    expect(await redeem(), 'before any voucher').to.deep.equal({ account, redeemed: [], settled: [], released: [] })

    const user = Wallet.createRandom()
    const purpose = purposeOf(user.address as Hex)
    const privateKey = anvil.accounts[0]!.privateKey
    const payer = await connectChain({ rpcUrl: anvil.rpcUrl, network: setup.network, privateKey })
    const folder = join(dataDir, VOUCHER_FOLDERS[purpose])
    try {
      const { id, channel } = await openChannel(payer.sender!, {
        ...{ payee: account, signer: user.address.toLowerCase() as Hex, deposit: 10n ** 18n, maxPrice: 10n ** 18n },
      })
      const state = { sessionId: keccakText('session'), bytes: 77, head: keccakText('head'), elapsedMs: 12 }
      const voucher = { ...state, channel: id, total: 30 * MIB }
      const signature = toHex(await voucherSigner(payer.network, user.privateKey as Hex).sign(voucher))
      const store = await openVoucherStore(folder)
      await store.put(id, { voucher, signature })
      const locked = await provider('redeem')
      expect(locked.code).to.equal(6)
      expect(complaint(locked)).to.include('another process uses it')
      await store.close()

      const { redeemed } = await redeem()
      const wei = 30n * MIB_PRICE
      expect(redeemed).to.have.length(1)
      expect(redeemed[0]).to.include({ channel: id, purpose, bytes: 30 * MIB, wei: `${wei}` })
      expect((await balanceOf(payer.context, id)).paid).to.equal(wei)
      expect((await redeem('--release')).released, 'a channel that nobody closes stays').to.deep.equal([])
      await payer.sender!.send(startCloseCall(payer.context, channel))
      expect(await redeem('--release')).to.deep.equal({ account, redeemed: [], settled: [], released: [id] })
      expect((await balanceOf(payer.context, id)).deposit).to.equal(0n)
    } finally {
      payer.close()
    }
  })
})
