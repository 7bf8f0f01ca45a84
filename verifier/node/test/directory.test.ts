import { expect } from 'chai'
import type { Announcement } from '../../core/ports.js'
import { peerIdOf } from '../../net/peer-keys.js'
import { Directory } from '../directory.js'

const ADDRESS = '/ip4/203.0.113.7/tcp/4001'

describe('directory', () => {
  let peerId: string
  let announced: Announcement[]
  let warnings: string[]
  let directory: Directory
  before(async () => {
    peerId = await peerIdOf(new Uint8Array(32).fill(1))
  })
  beforeEach(() => {
    announced = []
    warnings = []
    directory = new Directory(
      { announcements: async () => announced },
      { warn: (_facts: unknown, message?: string) => warnings.push(message ?? '') },
    )
  })

  const announcement = (index: number, over: Partial<Announcement> = {}): Announcement => ({
    ...{ role: 'verifier', index, account: `0x${`0${index}`.repeat(20)}`, peerId, multiaddrs: [ADDRESS] },
    ...over,
  })

  it('leaves out a node whose peer id nobody can parse, in both roles', async () => {
    announced = [
      announcement(1, { peerId: 'nonsense' }),
      announcement(2),
      announcement(3, { role: 'provider', peerId: '' }),
      announcement(4, { role: 'provider' }),
    ]
    await directory.refresh()
    expect(directory.verifiers()).to.deep.equal([announced[1]])
    expect(directory.verifier(1)).to.equal(undefined)
    expect(directory.provider(announced[2]!.account)).to.equal(undefined)
    expect(directory.provider(announced[3]!.account)).to.deep.equal(announced[3])
  })

  it('attack: a verifier that announces the peer id of another takes nothing from it', async () => {
    const other = await peerIdOf(new Uint8Array(32).fill(2))
    announced = [announcement(4), announcement(2), announcement(3, { peerId: other }), announcement(9)]
    await directory.refresh()
    expect(directory.verifiers().map(({ index }) => index)).to.deep.equal([4, 2, 3, 9])
    expect([directory.isVerifier(peerId), directory.indexOf(peerId), directory.indexOf(other)]).to.deep.equal([
      true,
      2,
      3,
    ])
    expect(directory.indexOf('a stranger')).to.equal(undefined)
  })

  it('parses an announcement once, however often the chain is asked', async () => {
    let reads = 0
    const counted = Object.defineProperty(announcement(1), 'multiaddrs', {
      enumerable: true,
      get: () => {
        reads++
        return [ADDRESS]
      },
    })
    announced = [counted]
    await directory.refresh()
    const once = reads
    for (let look = 0; look < 3; look++) await directory.refresh()
    expect(reads).to.equal(once)
    expect(directory.verifier(1)?.multiaddrs).to.deep.equal([ADDRESS])
    announced = [announcement(1, { multiaddrs: [] })]
    await directory.refresh()
    expect(directory.verifier(1)?.multiaddrs).to.deep.equal([])
  })

  it('keeps the addresses of a node that can be read', async () => {
    announced = [announcement(1, { multiaddrs: ['/X', ADDRESS] }), announcement(2, { multiaddrs: ['nonsense'] })]
    await directory.refresh()
    expect(directory.verifier(1)?.multiaddrs).to.deep.equal([ADDRESS])
    expect(directory.verifier(2)?.multiaddrs).to.deep.equal([])
  })

  it('logs each fault once, however often it reads the announcement', async () => {
    announced = [announcement(1, { peerId: 'nonsense' }), announcement(2, { multiaddrs: ['/X', ADDRESS] })]
    await directory.refresh()
    await directory.refresh()
    expect(warnings).to.have.length(2)
    expect(warnings[0]).to.match(/^verifier 1: .*peer id/)
    expect(warnings[1]).to.match(/^verifier 2: .*1 of 2 addresses/)
    announced = [announcement(1, { peerId: 'other nonsense' })]
    await directory.refresh()
    expect(warnings).to.have.length(3)
  })

  it('takes a node back that announces itself rightly', async () => {
    announced = [announcement(1, { peerId: 'nonsense' })]
    await directory.refresh()
    announced = [announcement(1)]
    await directory.refresh()
    expect(directory.verifier(1)).to.deep.equal(announced[0])
  })
})
