/** `client close` on a real chain: what it says of channels that close, thaw or do not close. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { Wallet } from 'ethers'
import type { CloseJson } from '../../market/client/close-command.js'
import type { Hex } from '../../proto/hex.js'
import { connectChain } from '../../verifier/chain/connect.js'
import { balanceOf, openChannel } from '../../verifier/chain/escrow.js'
import { readLaneTimes, reserveLane } from '../../verifier/chain/lanes.js'
import { postOfferCall } from '../../verifier/chain/offers.js'
import { useLiveNetwork } from '../../verifier/chain/test/live-network.js'
import { keysFromSeed } from '../../verifier/config/keys.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'
import { stakeHolder } from './support/stake-holder.js'

const TOKENS = 10n ** 18n
const NOTHING: CloseJson = { closed: [], thawing: [], lanes: [], lanesLater: [], refused: [] }

describe('a client that leaves, by the command line', function () {
  this.timeout(4 * TIMEOUT_MS)
  const net = useLiveNetwork()
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-close-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('hears of each channel and lane whether it closed, when it can, or why it did not', async () => {
    const { live } = net
    const { account, dataDir } = await stakeHolder(live, directory, 'user', TOKENS)
    const flags = ['--data-dir', dataDir, '--network', live.networkFile, '--rpc', live.anvil.rpcUrl]
    const close = (...more: string[]) => bandwitness(['client', 'close', ...flags, ...more])
    const closeJson = async (): Promise<CloseJson> => {
      const { code, stdout, stderr } = await close('--json')
      expect(code, stderr).to.equal(0)
      return JSON.parse(stdout)
    }
    expect((await close()).stdout).to.equal('The account pays from no channel.')

    const { evm: privateKey } = keysFromSeed('register tests', 'user')
    const user = await connectChain({ rpcUrl: live.anvil.rpcUrl, network: live.setup.network, privateKey })
    const payee = await live.connectAs('p0')
    try {
      const terms = { price: 1024n, premiumPrice: 0n, laneKbps: 5000, lanePrice: 7n, exit: undefined }
      await payee.sender!.send(postOfferCall(payee.context, terms))
      const signer = Wallet.createRandom().address.toLowerCase() as Hex
      const order = { payee: payee.account!, signer }
      const { id } = await openChannel(user.sender!, { ...order, deposit: 40n, maxPrice: 1024n })
      const { slotSeconds, graceSeconds } = await readLaneTimes(user.context)
      const fromSlot = Math.floor((await live.now()) / slotSeconds) + 1
      const lane = await reserveLane(user.sender!, { ...order, kbps: 5000, fromSlot, slots: 2, maxPrice: 7n })
      const refundableAt = (fromSlot + 2) * slotSeconds + graceSeconds

      await live.rpc('anvil_setBalance', [account, '0x0'])
      const poor = await close()
      expect([poor.code, complaint(poor)]).to.deep.equal([
        3,
        `bandwitness: Not all channels and lanes could be closed: account ${account} has too little to pay for gas. See to that, then call this again.`,
      ])
      expect(poor.stdout).to.include(`Not closed: ${id}, because account ${account} has too little`)
      expect(poor.stdout).to.include(`What is unpaid of lane ${lane.id} can come back at `)

      await live.rpc('anvil_setBalance', [account, '0xde0b6b3a7640000'])
      const lanesLater = [{ id: lane.id, refundableAt }]
      const began = await closeJson()
      const { closesAt } = await balanceOf(user.context, id)
      const thawing = [{ id, closesAt: closesAt! }]
      expect(began).to.deep.equal({ ...NOTHING, thawing, lanesLater })
      expect(await closeJson(), 'before the end of the thaw').to.deep.equal(began)
      await live.mineAt(closesAt!)
      expect(await closeJson()).to.deep.equal({ ...NOTHING, closed: [id], lanesLater })
    } finally {
      user.close()
      payee.close()
    }
  })
})
