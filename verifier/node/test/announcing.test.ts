import { expect } from 'chai'
import pino from 'pino'
import type { Hex } from '../../../proto/hex.js'
import { UserError } from '../../config/errors.js'
import { announceSelf } from '../announcing.js'
import { Directory } from '../directory.js'

const ACCOUNT: Hex = `0x${'11'.repeat(20)}`
const KEY: Hex = `0x${'ab'.repeat(32)}`
const PEER_ID = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const address = (i: number) => `/ip4/203.0.113.${i}/tcp/4001`
const addresses = (count: number) => Array.from({ length: count }, (_, i) => address(i))

describe('announcing a node', () => {
  /** @returns the texts that reach the chain */
  async function announce(multiaddrs: readonly string[], tokenKey?: Hex, peerId = PEER_ID) {
    const sent: (readonly string[])[] = []
    const chain = {
      announcements: async () => [],
      announce: async (_role: unknown, _peerId: string, texts: readonly string[]) => {
        sent.push(texts)
        return { kind: 'done', txHash: '0x00', gasUsed: 0 } as const
      },
    }
    const directory = new Directory(chain, pino({ level: 'silent' }))
    const error = await announceSelf(
      chain,
      directory,
      { role: 'provider', account: ACCOUNT },
      peerId,
      multiaddrs,
      tokenKey,
    )
      .then(() => undefined)
      .catch((thrown: unknown) => thrown)
    if (error !== undefined) expect(error).to.be.instanceOf(UserError)
    return { sent, says: (error as UserError | undefined)?.message }
  }

  it('sends what the registries take', async () => {
    expect((await announce(addresses(8))).sent).to.deep.equal([addresses(8)])
    expect((await announce(addresses(7), KEY)).sent[0]).to.have.length(8)
  })

  it('refuses what the registries refuse before it sends, in one line that says what to do', async () => {
    for (const [faulty, fault] of [
      [announce(addresses(9)), '9 addresses are too many'],
      [announce(addresses(8), KEY), '9 addresses are too many: the chain takes 8, a token key among them'],
      [announce([`/dns/${'a'.repeat(250)}/tcp/1`]), 'has 261 bytes: the chain takes 1 to 256'],
      [announce(['/dns/münchen.example/tcp/1']), 'has more than printable ASCII'],
      [announce(['/dns/a\nb/tcp/1']), '"/dns/a\\nb/tcp/1" has more than printable ASCII'],
      [announce([''], undefined), 'has 0 bytes'],
      [announce([], undefined, 'x'.repeat(129)), 'has 129 bytes: the chain takes 1 to 128'],
    ] as const) {
      const { sent, says } = await faulty
      expect(sent).to.deep.equal([])
      expect(says).to.include(fault).and.include('with --announce.').and.not.include('\n')
    }
  })
})
