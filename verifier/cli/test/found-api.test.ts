/** An API that is found by the chain: whoever answers there is believed in nothing that the chain can tell. */
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import {
  SAMPLE_CHAIN,
  SAMPLE_EPOCHS,
  SAMPLE_FILE,
  type SampleNode,
  startSampleNode,
} from '../../api/test/sample-node.js'
import { ChainHealth } from '../../chain/chain-health.js'
import { UserError } from '../../config/errors.js'
import type { Announcement } from '../../core/ports.js'
import { account } from '../../core/test/samples.js'
import { PROVIDER } from '../../evidence/test/epoch-evidence.js'
import { announcedApi } from '../found-api.js'
import { onChain } from '../measured-provider.js'
import { requireProven } from '../proven-scores.js'
import { namedAccount } from '../provider-argument.js'
import { reputationOf } from '../reputation.js'
import { publicApiOf } from '../verifier-run.js'

const DEAD = 'http://127.0.0.1:1'

describe('an API that verifiers announce', function () {
  this.retries(2)
  let node: SampleNode
  before(async () => {
    node = await startSampleNode()
  })
  after(() => node.stop())

  const announcing = (...apis: readonly (string | undefined)[]) => ({
    announcements: async () =>
      apis.map(
        (publicApi, index): Announcement => ({
          ...{ role: 'verifier', index, account: account(`verifier ${index}`), peerId: 'peer', multiaddrs: [] },
          ...(publicApi !== undefined && { publicApi }),
        }),
      ),
  })
  const faultOf = async (work: Promise<unknown>): Promise<UserError> => {
    const fault = await work.then(
      () => expect.fail('it was taken'),
      (error: unknown) => error,
    )
    expect(fault).to.be.instanceOf(UserError)
    return fault as UserError
  }

  it('is found among those that do not answer', async () => {
    expect(await announcedApi(announcing(undefined, DEAD, node.api.url), SAMPLE_FILE, DEAD)).to.equal(node.api.url)
  })

  it('is rather one that holds the last report, but one that does not hold it yet if there is no other', async () => {
    const health = new ChainHealth()
    health.failed('eth_call', 'http://rpc.example answers HTTP 429')
    const waiting = await startSampleNode({ health })
    try {
      for (let i = 0; i < 8; i++)
        expect(await announcedApi(announcing(waiting.api.url, node.api.url), SAMPLE_FILE, DEAD)).to.equal(node.api.url)
      expect(await announcedApi(announcing(DEAD, waiting.api.url), SAMPLE_FILE, DEAD)).to.equal(waiting.api.url)
    } finally {
      await waiting.stop()
    }
  })

  it('is that of a node here if nobody has announced one, or none of theirs answers', async () => {
    for (const announced of [announcing(undefined), announcing(DEAD)])
      expect(await announcedApi(announced, SAMPLE_FILE, node.api.url)).to.equal(node.api.url)
  })

  it('is asked for by name if no node here answers either', async () => {
    const none = await faultOf(announcedApi(announcing(undefined), SAMPLE_FILE, DEAD))
    expect(none.message).to.equal(
      `No verifier of network "sample" has announced an API, and no node answers at ${DEAD}. Pass the URL of a node with --api.`,
    )
    const dead = await faultOf(announcedApi(announcing(DEAD), SAMPLE_FILE, DEAD))
    expect(dead.message).to.equal(
      `No verifier of network "sample" whose API was asked answers, and no node answers at ${DEAD}. Pass the URL of a node with --api.`,
    )
  })

  it('takes only an address that everybody can read', () => {
    expect(publicApiOf('https://verifier.example.org/')).to.equal('https://verifier.example.org')
    for (const text of ['verifier.example.org', 'https://a.org/path', `https://${'a.'.repeat(125)}org`, 'ftp://a.org'])
      expect(() => publicApiOf(text), text).to.throw(UserError, '--public-api')
  })

  it('shows scores that the chain bears out', async () => {
    const rows = await reputationOf({ api: node.api.url, provider: undefined })
    await requireProven(rows, node.api.url, SAMPLE_CHAIN)
  })

  it('attack: another score, one that is left out, an old report, and a report that the chain does not hold', async () => {
    const { url } = node.api
    const [row] = await reputationOf({ api: url, provider: PROVIDER })
    const refused = async (rows: Parameters<typeof requireProven>[0], chain = SAMPLE_CHAIN) =>
      (await faultOf(requireProven(rows, url, chain))).message
    const better = { ...row!, leaf: { ...row!.leaf!, scoreBps: 10_000 } }
    expect(await refused([better])).to.include(`shows another score of ${PROVIDER} than its report has`)
    expect(await refused([{ ...row!, leaf: null }])).to.include('shows another score of')
    const later = { ...SAMPLE_CHAIN, tip: async () => ({ ...(await SAMPLE_CHAIN.tip()), epoch: 4 }) }
    expect(await refused([row!], later)).to.include(
      'shows the report of epoch 2, and the chain has accepted that of epoch 4',
    )
    const { posted } = SAMPLE_EPOCHS[1]!.evidence
    const forked = { ...SAMPLE_CHAIN, posted: async () => ({ ...posted, headerHash: keccakText('other') }) }
    expect(await refused([row!], forked)).to.include('shows another report of epoch 2 than the chain has accepted')
  })

  it('is not needed for the address and the claim of a provider, which the chain has', async () => {
    const registered = { account: PROVIDER, index: 0, claimKbps: 25_000, region: keccakText('region'), stake: 1n }
    const chain = {
      announcements: async (): Promise<Announcement[]> => [
        { role: 'provider', index: 0, account: PROVIDER, peerId: 'peer', multiaddrs: ['/ip4/203.0.113.7/tcp/1'] },
      ],
      provider: async (one: string) => (one === PROVIDER ? registered : undefined),
      stake: async () => ({ ...(await SAMPLE_CHAIN.stake()), active: 1n }),
    }
    for (const name of [PROVIDER, PROVIDER.slice(0, 8), 'provider-1'])
      expect(await onChain(chain, SAMPLE_FILE, namedAccount(name))).to.deep.include({
        account: PROVIDER,
        claimKbps: 25_000,
      })
    const left = { ...chain, stake: async () => ({ ...(await SAMPLE_CHAIN.stake()), active: 0n }) }
    expect((await faultOf(onChain(left, SAMPLE_FILE, namedAccount(PROVIDER)))).message).to.include(
      'not an active provider',
    )
  })
})
