/** `provider offer` on a real chain. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keccakText } from '../../proto/hash.js'
import { OfferLog } from '../../verifier/chain/offers.js'
import { useLiveNetwork } from '../../verifier/chain/test/live-network.js'
import { offerSchema } from '../../verifier/evidence/schema/offer.js'
import { PROVIDER_STAKE } from '../network/setup.js'
import { bandwitness, complaint, TIMEOUT_MS } from './support/command-line.js'
import { stakeHolder } from './support/stake-holder.js'

const EXIT = { publicKey: keccakText('key'), certHash: keccakText('certificate') }
const ADDRESS = 'exit.example:4433'

describe('offers by the command line', function () {
  this.timeout(2 * TIMEOUT_MS)
  const net = useLiveNetwork()
  let directory: string
  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'bandwitness-offer-'))
  })
  afterEach(() => rm(directory, { recursive: true }))

  it('a provider posts an offer, sees it, and takes it back', async () => {
    const { account, dataDir } = await stakeHolder(net.live, directory, 'offerer', PROVIDER_STAKE)
    const { networkFile, anvil } = net.live
    const chain = ['--data-dir', dataDir, '--network', networkFile, '--rpc', anvil.rpcUrl]
    const offer = (...more: string[]) => bandwitness(['provider', 'offer', ...chain, ...more])
    const done = async (...more: string[]) => {
      const { code, stdout, stderr } = await offer(...more, '--json')
      expect(code, stderr).to.equal(0)
      return offerSchema.parse(JSON.parse(stdout))
    }
    const refused = async (code: number, ...more: string[]) => {
      const ended = await offer(...more)
      expect(ended.code, ended.stderr).to.equal(code)
      return complaint(ended)
    }

    expect(await refused(2, '--withdraw', '--price', '1')).to.include('Leave --price out')
    expect(await refused(3, '--price', '0.05')).to.include('Register it with `bandwitness provider register`')
    await bandwitness(['provider', 'register', ...chain, '--claim', '25mbps', '--yes'])
    expect(await refused(3, '--withdraw')).to.include('offers nothing, so there is nothing to take back')

    const file = join(directory, 'exit.json')
    await writeFile(file, JSON.stringify(EXIT))
    const prices = ['--price', '0.05', '--premium-price', '0.08', '--lane-price', '0.001', '--lane-rate', '10mbps']
    const posted = await done(...prices, '--exit', file, '--exit-address', ADDRESS)
    expect(posted.offer).to.deep.equal({
      ...{ price: '50000000000000000', premiumPrice: '80000000000000000' },
      ...{ lanes: { kbps: 10_000, price: '1000000000000000' }, exit: { ...EXIT, address: ADDRESS } },
    })
    expect((await new OfferLog(net.chain.context).offers()).get(account)).to.include({ price: 5n * 10n ** 16n })
    expect(await done()).to.deep.equal({ account, offer: posted.offer, txHash: null })
    const { stdout } = await offer()
    expect(stdout).to.match(/^traffic +0\.05 tokens for each GiB$/m)
    expect(stdout).to.match(/^lanes +10\.00 Mbit\/s together, at 0\.001 tokens for each Mbit\/s and slot$/m)
    expect(stdout).to.include(ADDRESS)

    expect((await done('--price', '1')).offer).to.deep.equal({
      ...{ price: '1000000000000000000', premiumPrice: null, lanes: null, exit: null },
    })
    expect((await done('--withdraw')).offer).to.equal(null)
    expect((await offer()).stdout).to.include('offers nothing')
  })
})
