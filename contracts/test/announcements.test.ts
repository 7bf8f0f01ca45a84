import { expect } from 'chai'
import { AbiCoder, ZeroAddress } from 'ethers'
import fc from 'fast-check'
import { announcementFault } from '../../proto/announcement.js'
import { keccakText } from '../../proto/hash.js'
import { type Hex, toHex, ZERO_HASH } from '../../proto/hex.js'
import { tokenKeyEntry } from '../../proto/token.js'
import { type Bound, expectRevert } from './support/evm.js'
import { MINIMUM_STAKE, networkForEach, PARAMS, TestNetwork } from './support/network.js'

const SEED = 20_261_128
const PEER_ID = '12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN'
const ADDRESS = '/ip4/203.0.113.7/tcp/4001'
/** The longest that a real node announces: every registry must take it. */
const REAL = [
  `/dns6/${'relay.'.repeat(28)}example.org/tcp/65535`,
  `/ip6/2001:db8:ffff:ffff:ffff:ffff:ffff:ffff/tcp/65535/p2p/${PEER_ID}`,
  tokenKeyEntry(`0x${'ab'.repeat(32)}`),
]

const bytesOf = (text: string) => Uint8Array.from(Buffer.from(text))

describe('contracts: announcements', () => {
  const net = networkForEach(() => TestNetwork.running())
  let provider: Hex
  beforeEach(async () => {
    provider = net().newAccount()
    await net().deposit(net().providers, provider, MINIMUM_STAKE)
    await net().providers.send(provider, 'register', 25_000, ZERO_HASH, keccakText(PEER_ID), ZeroAddress)
  })
  /** Both registries, each with an account that may announce. */
  const announcers = (): (readonly [Bound, Hex])[] => [
    [net().providers, provider],
    [net().registry, net().verifiers[0]!.account],
  ]
  /** Texts as bytes, which need not be UTF-8. */
  const callOf = (registry: Bound, peerId: Uint8Array, texts: readonly Uint8Array[]) =>
    registry.interface.getFunction('announce')!.selector +
    AbiCoder.defaultAbiCoder().encode(['bytes', 'bytes[]'], [peerId, texts]).slice(2)
  const refused = async (texts: readonly Uint8Array[], error: string, ...args: unknown[]) => {
    for (const [registry, from] of announcers()) {
      const call = net().evm.call(from, registry.address, callOf(registry, bytesOf(PEER_ID), texts))
      await expectRevert(call, error, ...args)
    }
  }

  it('takes all that real nodes announce, and none of it costs much', async () => {
    for (const [registry, from] of announcers()) {
      const receipt = await registry.send(from, 'announce', PEER_ID, REAL)
      const [event] = registry.events(receipt, 'Announced')
      expect([event?.args.peerId, [...event!.args.multiaddrs]]).to.deep.equal([PEER_ID, REAL])
      expect(receipt.gasUsed).to.be.below(55_000)
    }
  })

  it('a byte that is no UTF-8 is refused, at any place of any text', async () => {
    for (const place of [0, 1, 30, 31, 32, 62, 63, 64, 255]) {
      for (const byte of [0x00, 0x0a, 0x20, 0x7f, 0x80, 0xc3, 0xff]) {
        const text = new Uint8Array(256).fill(0x7e)
        text[place] = byte
        await refused([bytesOf(ADDRESS), text], 'NotPrintable', toHex(text))
      }
    }
    const [, [registry, from]] = announcers() as [unknown, readonly [Bound, Hex]]
    const peerId = Uint8Array.of(0x41, 0xff)
    await expectRevert(net().evm.call(from, registry.address, callOf(registry, peerId, [])), 'NotPrintable')
  })

  it('announcements of any size are refused: events are few kilobytes', async () => {
    await refused([new Uint8Array(257).fill(0x41)], 'WrongTextLength', 257, 256)
    await refused([new Uint8Array(100_000).fill(0x41)], 'WrongTextLength', 100_000, 256)
    await refused([bytesOf(ADDRESS), new Uint8Array()], 'WrongTextLength', 0, 256)
    const nine = Array.from({ length: 9 }, () => ADDRESS)
    await refused(nine.map(bytesOf), 'TooManyAddresses', 9, 8)
    const [, [registry, from]] = announcers() as [unknown, readonly [Bound, Hex]]
    await expectRevert(registry.send(from, 'announce', 'A'.repeat(129), []), 'WrongTextLength', 129, 128)
    const largest = Array.from({ length: 8 }, () => 'A'.repeat(256))
    const { logs } = await registry.send(from, 'announce', 'A'.repeat(128), largest)
    expect((logs[0]!.data.length - 2) / 2).to.be.below(3_000)
  })

  it('whoever has left announces no more; whoever only asked to leave still serves, and may', async () => {
    await net().providers.send(provider, 'exit')
    await expectRevert(net().providers.send(provider, 'announce', PEER_ID, [ADDRESS]), 'AlreadyExited', provider)
    const { account } = net().verifiers[0]!
    await net().registry.send(account, 'exit')
    await net().registry.send(account, 'announce', PEER_ID, [ADDRESS])
    await net().enter(PARAMS.eraEpochs)
    await net().registry.send(net().deployer, 'freeze', 2)
    await expectRevert(net().registry.send(account, 'announce', PEER_ID, [ADDRESS]), 'AlreadyLeft', account)
    const stranger = net().newAccount()
    for (const registry of [net().registry, net().providers]) {
      await expectRevert(registry.send(stranger, 'announce', PEER_ID, [ADDRESS]), 'NotRegistered', stranger)
    }
  })

  it('bytes behind the end of a text hide nothing and hurt nobody', async () => {
    const [registry, from] = [net().registry, net().verifiers[0]!.account]
    const text = bytesOf('/ip4/1.2.3.4/tcp/1')
    const call = callOf(registry, bytesOf(PEER_ID), [text]).replace(/0{28}$/, 'ff'.repeat(14)) as Hex
    expect(call).to.match(/f{28}$/)
    const { logs } = await net().evm.send(from, registry.address, call)
    expect(registry.interface.parseLog(logs[0]!)?.args.multiaddrs[0]).to.equal(Buffer.from(text).toString())
  })

  it('the contract and the nodes refuse the same', async () => {
    const byte = fc.oneof(
      { weight: 500, arbitrary: fc.integer({ min: 0x21, max: 0x7e }) },
      fc.integer({ max: 0xff, min: 0 }),
    )
    const length = fc.constantFrom(0, 1, 31, 32, 33, 64, 127, 128, 129, 255, 256, 257)
    const text = length
      .chain(size => fc.array(byte, { minLength: size, maxLength: size }))
      .map(bytes => Uint8Array.from(bytes))
    const [registry, from] = [net().registry, net().verifiers[0]!.account]
    let taken = 0
    const run = async (peerId: Uint8Array, texts: readonly Uint8Array[]) => {
      const [first, ...rest] = [peerId, ...texts].map(one => Buffer.from(one).toString())
      const call = net().evm.call(from, registry.address, callOf(registry, peerId, texts))
      const isTaken = await call.then(
        () => true,
        error => {
          if (!('errorName' in error)) throw error
          return false
        },
      )
      expect(announcementFault(first!, rest) === undefined).to.equal(isTaken)
      if (isTaken) taken++
    }
    await fc.assert(fc.asyncProperty(text, fc.array(text, { maxLength: 3 }), run), { seed: SEED, numRuns: 300 })
    expect(taken, 'announcements that were taken').to.be.greaterThan(20)
  })
})
