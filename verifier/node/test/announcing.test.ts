import { setImmediate as nextTurn } from 'node:timers/promises'
import { expect } from 'chai'
import pino from 'pino'
import type { Hex } from '../../../proto/hex.js'
import { DEVNET } from '../../../proto/params.js'
import { splitPublicApi } from '../../../proto/public-api.js'
import { UserError } from '../../config/errors.js'
import type { NetworkFile } from '../../config/network-file.js'
import type { TxResult } from '../../core/ports.js'
import { peerIdOf } from '../../net/peer-keys.js'
import { type AnnouncedMore, announceSelf, keepAnnounced } from '../announcing.js'
import { Directory } from '../directory.js'
import { Lifecycle } from '../lifecycle.js'

const account: Hex = `0x${'b1'.repeat(20)}`
const KEY: Hex = `0x${'cd'.repeat(32)}`
const addresses = (count: number) => Array.from({ length: count }, (_, i) => `/ip4/203.0.113.${i}/tcp/4001`)

/** @param others what each verifier has announced. @returns what was sent to the chain */
async function announced(
  multiaddrs: readonly string[],
  more: AnnouncedMore = {},
  others: readonly (readonly string[])[] = [],
): Promise<readonly string[]> {
  const peerId = await peerIdOf(new Uint8Array(32).fill(7))
  const announcements = others.map((multiaddrs, index) => ({
    ...{ role: 'verifier' as const, index, account: `0x${`${index}`.repeat(40)}` as Hex, peerId, multiaddrs },
  }))
  const directory = new Directory({ announcements: async () => announcements }, pino({ level: 'silent' }))
  let sent: readonly string[] = []
  const chain = {
    announce: async (_role: unknown, _peerId: string, texts: readonly string[]): Promise<TxResult> => {
      sent = texts
      return { kind: 'already' }
    },
  }
  await announceSelf(chain, directory, { role: 'provider', account }, peerId, multiaddrs, more)
  return sent
}

describe('a node that announces itself', () => {
  it('announces as many addresses as others read, its token key among them', async () => {
    expect(await announced(addresses(8))).to.have.length(8)
    expect(await announced(addresses(7), { tokenKey: KEY })).to.have.length(8)
  })

  it('refuses to start with addresses that nobody would read, and says why', async () => {
    for (const [multiaddrs, tokenKey, fault] of [
      [addresses(9), undefined, '9 addresses are too many'],
      [addresses(8), KEY, 'a token key among them'],
      [[`/dns/${'x'.repeat(260)}/tcp/4001`], undefined, '1 to 256'],
      [['/dns/a b/tcp/4001'], undefined, 'printable ASCII'],
    ] as const) {
      const error = await announced(multiaddrs, { tokenKey }).then(
        () => expect.fail('it announced them'),
        (thrown: unknown) => thrown,
      )
      expect(error).to.be.instanceOf(UserError)
      expect((error as UserError).message)
        .to.include(fault)
        .and.to.include('--announce')
    }
  })

  it('announces the address of a public API beside the others', async () => {
    const origin = 'https://verifier.example.org'
    const sent = await announced(addresses(1), { publicApi: origin })
    expect(splitPublicApi(sent)).to.deep.equal({ others: addresses(1), publicApi: origin })
  })

  const LOOPBACK = ['/ip4/127.0.0.1/tcp/4001', '/ip6/::1/tcp/4001']
  const refused = (others: readonly (readonly string[])[]): Promise<boolean> =>
    announced(LOOPBACK, undefined, others).then(
      () => false,
      error => error instanceof UserError && error.message.includes('Nobody else reaches /ip4/127.0.0.1/tcp/4001'),
    )

  it('on loopback alone is refused where most verifiers are on other machines', async () => {
    const [here, away, named] = [LOOPBACK, addresses(1), ['/dns/relay.example.org/tcp/1']]
    expect(await refused([away, named, [...LOOPBACK, ...away]])).to.equal(true)
    expect(await refused([here, here, here, here])).to.equal(false)
    expect(await refused([])).to.equal(false)
    expect(await announced(['/ip4/10.0.0.7/tcp/4001'], undefined, [away, away])).to.have.length(1)
  })

  it('on loopback is not kept out of a network on one machine by verifiers that claim to be elsewhere', async () => {
    const [here, liar] = [LOOPBACK, addresses(2)]
    expect(await refused([here, here, liar, liar])).to.equal(false)
  })

  it('announces again what a reorganisation undoes, and nothing over what another process announced', async () => {
    const peerId = await peerIdOf(new Uint8Array(32).fill(7))
    const at = (port: number) => ({
      ...{ role: 'provider' as const, index: 0, account, peerId },
      multiaddrs: [`/ip4/203.0.113.1/tcp/${port}`],
    })
    const [before, own, other] = [at(1), at(2), at(3)]
    let shown = before
    let looks = 0
    const directory = new Directory({ announcements: async () => [shown] }, pino({ level: 'silent' }))
    let sent = 0
    const again = Promise.withResolvers<void>()
    const chain = {
      headBlock: async () => looks++,
      announce: async (): Promise<TxResult> => {
        shown = own
        if (++sent === 2) again.resolve()
        return { kind: 'already' }
      },
    }
    const announced = await announceSelf(chain, directory, { role: 'provider', account }, peerId, own.multiaddrs)
    const life = new Lifecycle()
    const network = { params: { ...DEVNET, epochSeconds: 0.016 } } as NetworkFile
    keepAnnounced(announced, chain, { network, logger: pino({ level: 'silent' }) }, life)
    shown = before
    await again.promise
    shown = other
    while (looks < 130) await nextTurn() // it stops looking then
    expect(sent).to.equal(2)
    await life.stop()
  })
})
