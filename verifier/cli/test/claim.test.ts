/** `rewards claim` on a real chain, with the rewards that a verifier's API shows. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import type { Reward } from '../../../proto/reward.js'
import { pathIn } from '../../api/route.js'
import { type ApiServer, serveApi } from '../../api/server.js'
import { type Certified, postTo, useLiveNetwork } from '../../chain/test/live-network.js'
import { UserError } from '../../config/errors.js'
import { keysPath, saveKeys } from '../../config/key-file.js'
import { rewardsTree } from '../../core/rewards/rewards.js'
import { ENDPOINTS } from '../../evidence/schema/endpoints.js'
import { claimFor } from '../rewards.js'

describe('rewards claim', () => {
  const net = useLiveNetwork()
  let dir: string
  let api: ApiServer | undefined
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-claim-'))
    await saveKeys(keysPath(dir), net.live.keys.p0!)
  })
  afterEach(async () => {
    await api?.close()
    await rm(dir, { recursive: true })
  })

  const own = (): Hex => net.live.setup.providers[0]!.account
  const other = (): Hex => net.live.setup.verifiers[0]!.account
  const rewards = (own_: bigint): Reward[] =>
    [
      { account: own(), cumulative: own_ },
      { account: other(), cumulative: 7n },
    ].sort((a, b) => (a.account < b.account ? -1 : 1))

  /** Posts a report that shows rewards, and waits until it is final. */
  async function report(shown: readonly Reward[]): Promise<Certified> {
    const certified = net.live.certify(await net.live.runTo(1), ZERO_HASH, 0, [0, 1, 2, 3], {
      rewardsRoot: rewardsTree(shown).root,
    })
    expect(await postTo(net.chain, certified)).to.have.property('kind', 'done')
    return certified
  }

  async function claim(certified: Certified, served: readonly Reward[], account?: Hex) {
    api = await serveApi({ host: '127.0.0.1', port: 0 }, app => {
      app.get(pathIn(ENDPOINTS.rewards), async () => ({
        ...{ header: certified.header, headerHash: certified.headerHash },
        rewards: served.map(one => ({ ...one, cumulative: one.cumulative.toString() })),
      }))
    })
    const files = { network: net.live.networkFile, rpc: net.live.anvil.rpcUrl, api: api.url }
    return claimFor({ ...files, 'data-dir': dir, for: account }).finally(() => api?.close())
  }

  it('pays the own account once, and then says that nothing is new', async () => {
    const certified = await report(rewards(5n))
    await net.live.runTo(3)
    const paid = await claim(certified, rewards(5n))
    expect(paid).to.include({ account: own(), epoch: 1, amount: '5', cumulative: '5' })
    expect(paid.txHash).not.to.equal(null)
    expect(await claim(certified, rewards(5n))).to.include({ amount: '0', cumulative: '5', txHash: null })
  })

  it('pays another account', async () => {
    const certified = await report(rewards(5n))
    await net.live.runTo(3)
    expect(await claim(certified, rewards(5n), other())).to.include({ account: other(), amount: '7' })
    expect(await net.chain.rewardsClaimed(other())).to.equal(7n)
    expect(await net.chain.rewardsClaimed(own())).to.equal(0n)
  })

  it('waits for a final report, and believes no verifier that shows other rewards', async () => {
    const certified = await report(rewards(5n))
    const early = await claim(certified, rewards(5n)).catch(error => error)
    expect(early).to.be.instanceOf(UserError)
    expect(early.message).to.include('No report is final yet')
    await net.live.runTo(3)
    const lied = await claim(certified, rewards(6n)).catch(error => error)
    expect(lied).to.include({ code: 'evidence' })
  })
})
