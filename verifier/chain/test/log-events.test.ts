/** Outsiders write the chain's log. No log may throw in a reader, cost it much, or hide another log. */
import { expect } from 'chai'
import { AbiCoder, concat, hexlify, toBeHex, zeroPadValue } from 'ethers'
import fc from 'fast-check'
import { compile } from '../../../contracts/compile.js'
import { announcementFault, MAX_ADDRESS_BYTES, MAX_ADDRESSES, MAX_PEER_ID_BYTES } from '../../../proto/announcement.js'
import { HEADER_FIELDS } from '../../../proto/header.js'
import { type Hex, ZERO_HASH } from '../../../proto/hex.js'
import { DEVNET } from '../../../proto/params.js'
import { isOrigin, publicApiEntry } from '../../../proto/public-api.js'
import { fuzz, fuzzTimeoutMs, runsOf } from '../../../proto/test/fuzz.js'
import { tokenKeyEntry } from '../../../proto/token.js'
import type { NetworkFile } from '../../config/network-file.js'
import { type Contracts, contractsOf, hex } from '../contracts.js'
import { LogEvents } from '../log-events.js'
import type { RawLog } from '../log-reader.js'

const address = (byte: string): Hex => `0x${byte.repeat(20)}`
const file: NetworkFile = {
  name: 'test',
  chainId: 31_337,
  contracts: {
    stakeToken: address('a1'),
    stakeVault: address('a2'),
    verifierRegistry: address('a3'),
    providerRegistry: address('a4'),
    epochReports: address('a5'),
    slashingManager: address('a6'),
    rewardsDistributor: address('a7'),
    decoys: address('a8'),
    equivocationSlasher: address('a9'),
    offers: address('aa'),
    transferEscrow: address('ab'),
    lanes: address('ac'),
  },
  deployBlock: 0,
  params: DEVNET,
}
const ACCOUNT = address('b1')

const printable = (maxLength: number) =>
  fc.string({
    unit: fc.integer({ min: 0x21, max: 0x7e }).map(code => String.fromCharCode(code)),
    minLength: 1,
    maxLength,
  })
const anyBytes = (maxLength: number) => fc.uint8Array({ maxLength }).map(bytes => hexlify(bytes))

describe('decoders of the chain’s log', function () {
  this.timeout(fuzzTimeoutMs())
  let contracts: Contracts
  let events: LogEvents
  /** one of each kind, and both roles */
  let samples: RawLog[]
  before(() => {
    compile()
    contracts = contractsOf(file, null)
    events = new LogEvents(contracts)
    samples = makeSamples()
  })

  const logOf = (contract: keyof Contracts, event: string, values: unknown[]): RawLog => ({
    address: file.contracts[contract],
    ...contracts[contract].interface.encodeEventLog(event, values),
    ...{ blockNumber: '0x7', logIndex: '0x2', transactionHash: ZERO_HASH },
  })
  const announced = (peerId: string, multiaddrs: string[], role: 'verifier' | 'provider' = 'provider') =>
    logOf(`${role}Registry`, 'Announced', [3, ACCOUNT, peerId, multiaddrs])
  const header = HEADER_FIELDS.map(([, type]) => (type === 'bool' ? false : type === 'bytes32' ? ZERO_HASH : 1))
  const posted = () => logOf('epochReports', 'Posted', [1, ZERO_HASH, header, 0, [0, 5, 190]])
  const settled = () => {
    const { inputs } = contracts.slashingManager.interface.getEvent('Settled')!
    return logOf(
      'slashingManager',
      'Settled',
      inputs.map(({ type }) => (type === 'address' ? ACCOUNT : 9)),
    )
  }
  const makeSamples = (): RawLog[] => [
    announced('peer', ['/ip4/203.0.113.7/tcp/4001', tokenKeyEntry(`0x${'cd'.repeat(32)}`)]),
    announced('peer', [publicApiEntry('https://verifier.example.org')], 'verifier'),
    posted(),
    settled(),
  ]

  /** What a decoder may answer: nothing, or an event that keeps every rule. */
  function expectLawful(log: RawLog): void {
    const event = events.decode(log)
    if (event === undefined) return
    expect(event.block).to.equal(Number(log.blockNumber))
    if (event.kind !== 'announced') return
    const { role, index, account, peerId, multiaddrs, tokenKey, publicApi } = event.announcement
    expect(role).to.be.oneOf(['verifier', 'provider'])
    expect(index).to.be.within(0, 2 ** 32 - 1)
    expect(account).to.match(/^0x[0-9a-f]{40}$/)
    expect(announcementFault(peerId, multiaddrs)).to.equal(undefined)
    if (publicApi !== undefined) expect(isOrigin(publicApi)).to.equal(true)
    if (tokenKey !== undefined) expect(tokenKey).to.match(/^0x[0-9a-f]{64}$/)
  }

  it('read back whatever the rule allows', () => {
    const texts = fc.array(printable(MAX_ADDRESS_BYTES), { maxLength: MAX_ADDRESSES })
    fc.assert(
      fc.property(printable(MAX_PEER_ID_BYTES), texts, (peerId, multiaddrs) => {
        const event = events.decode(announced(peerId, multiaddrs))
        expect(event?.kind === 'announced' && event.announcement).to.deep.include({
          role: 'provider',
          index: 3,
          peerId,
        })
      }),
    )
    const longest = announced(
      'p'.repeat(MAX_PEER_ID_BYTES),
      new Array(MAX_ADDRESSES).fill('a'.repeat(MAX_ADDRESS_BYTES)),
    )
    expect(events.decode(longest)?.kind).to.equal('announced')
    expect(samples.map(log => events.decode(log)?.kind)).to.deep.equal(['announced', 'announced', 'posted', 'settled'])
  })

  it('take what breaks the rule for no announcement', () => {
    const fine = '/ip4/203.0.113.7/tcp/4001'
    const broken: [string, string[]][] = [
      ['', []],
      ['p'.repeat(MAX_PEER_ID_BYTES + 1), []],
      ['peer', ['']],
      ['peer', ['a'.repeat(MAX_ADDRESS_BYTES + 1)]],
      ['peer', new Array(MAX_ADDRESSES + 1).fill(fine)],
      ['a peer', []],
      ['peer', [fine, `${fine}\n`]],
      ['pe\u0000er', []],
      ['pеer', []], // a Cyrillic letter
    ]
    for (const [peerId, multiaddrs] of broken) {
      expect(events.decode(announced(peerId, multiaddrs)), JSON.stringify([peerId, multiaddrs])).to.equal(undefined)
    }
  })

  it('answer for random logs, and throw for none', async () => {
    const anything = fc.record({
      address: fc.oneof(fc.constantFrom(...Object.values(file.contracts)), anyBytes(40), fc.string()),
      topics: fc.array(
        fc.oneof(fc.constantFrom(...samples.map(({ topics }) => topics[0]!)), anyBytes(40), fc.string()),
      ),
      data: fc.oneof(anyBytes(3000), fc.string()),
      ...{ blockNumber: fc.oneof(fc.constant('0x7'), fc.string()), logIndex: fc.constant('0x0') },
      transactionHash: fc.oneof(fc.constant(ZERO_HASH), fc.string()),
    })
    await fuzz('random logs', anything, log => expectLawful(log), runsOf(1000))
    const nonsense = [null, undefined, 7, [], {}, { ...samples[0], topics: null }, { ...samples[0], data: 7 }]
    for (const log of nonsense) expect(events.decode(log as unknown as RawLog)).to.equal(undefined)
  })

  it('answer for mutated logs: bytes changed, words replaced, cut off, extended', async () => {
    const word = fc.oneof(
      fc.nat(4000).map(BigInt),
      fc.constantFrom(2n ** 256n - 1n, 2n ** 255n, 2n ** 64n, 2n ** 32n, 2n ** 31n - 1n),
    )
    const mutation = fc.record({
      sample: fc.nat(3),
      words: fc.array(fc.tuple(fc.nat(40), word), { maxLength: 4 }),
      bytes: fc.array(fc.tuple(fc.nat(3000), fc.nat(255)), { maxLength: 4 }),
      cut: fc.option(fc.nat(3000), { freq: 3 }),
      tail: anyBytes(70),
      topic: fc.option(fc.tuple(fc.nat(3), anyBytes(32)), { freq: 3 }),
    })
    await fuzz(
      'mutated logs',
      mutation,
      ({ sample, words, bytes, cut, tail, topic }) => {
        const log = samples[sample]!
        const data = Buffer.from(log.data.slice(2), 'hex')
        for (const [at, value] of words) {
          if (32 * at + 32 <= data.length) data.set(Buffer.from(toBeHex(value, 32).slice(2), 'hex'), 32 * at)
        }
        for (const [at, value] of bytes) if (at < data.length) data[at] = value
        const topics = log.topics.map((one, i) => (topic?.[0] === i ? topic[1] : one))
        expectLawful({ ...log, topics, data: concat([data.subarray(0, cut ?? data.length), tail]) })
      },
      runsOf(1000),
    )
  })

  it('refuse a second encoding: offsets that overlap, dirty bytes, an index that overflows', () => {
    const log = announced('peer', ['/a', '/a'])
    const words = log.data.slice(2).match(/.{64}/g)!
    const overlapping = [...words]
    overlapping[6] = overlapping[5]! // both addresses at one place
    expect(AbiCoder.defaultAbiCoder().decode(['string', 'string[]'], `0x${overlapping.join('')}`)[1]).to.have.length(2)
    expect(events.decode({ ...log, data: `0x${overlapping.join('')}` })).to.equal(undefined)
    expect(events.decode({ ...log, data: `${log.data.slice(0, -2)}ff` }), 'dirty bytes').to.equal(undefined)
    expect(events.decode({ ...log, data: `${log.data}${'00'.repeat(32)}` }), 'bytes behind').to.equal(undefined)
    const topics = [log.topics[0]!, zeroPadValue('0x0100000003', 32), log.topics[2]!]
    expect(events.decode({ ...log, topics }), 'index 3, and a bit above 32').to.equal(undefined)
  })

  it('an encoding bomb, a megabyte whose offsets all name one text, costs nothing', () => {
    const offsets = 16_000
    const text = 500_000
    const words = [64, 128, 4, 0x70656572n << 224n, offsets, ...new Array(offsets).fill(32 * offsets), text]
    const data = `0x${words.map(one => toBeHex(one, 32).slice(2)).join('')}${'61'.repeat(text)}`
    const before = process.memoryUsage().heapUsed
    for (let i = 0; i < 20; i++) expect(events.decode({ ...samples[0]!, data })).to.equal(undefined)
    expect(process.memoryUsage().heapUsed - before).to.be.lessThan(50_000_000)
  })

  it('a log of another contract, or of a role that does not exist, is no announcement', () => {
    const log = announced('peer', [])
    for (const contract of ['stakeVault', 'epochReports', 'slashingManager'] as const) {
      expect(events.decode({ ...log, address: file.contracts[contract] })).to.equal(undefined)
    }
    expect(events.decode({ ...log, address: address('ff') })).to.equal(undefined)
    expect(hex(log.address)).to.equal(file.contracts.providerRegistry)
  })

  it('one unreadable log hides no other, wherever it stands', () => {
    const broken = { ...samples[0]!, data: '0xff' }
    fc.assert(
      fc.property(fc.shuffledSubarray([0, 1, 2, 3, 4, 5, 6, 7], { minLength: 8 }), order => {
        const logs = [...samples, ...new Array(4).fill(broken)]
        expect(order.flatMap(i => events.decode(logs[i]!) ?? [])).to.have.length(4)
      }),
      { numRuns: 30 },
    )
  })
})
