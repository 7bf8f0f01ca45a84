import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { keccakText } from '../../../proto/hash.js'
import { UserError } from '../../../verifier/config/errors.js'
import { type OfferFlags, offerFrom } from '../offer-terms.js'

const KEYS = { publicKey: keccakText('key'), certHash: keccakText('certificate') }

describe('the options of an offer', () => {
  let dir: string
  let file: string
  before(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-offer-'))
    file = join(dir, 'exit.json')
    await writeFile(file, JSON.stringify(KEYS))
  })
  after(() => rm(dir, { recursive: true }))

  it('make an offer, with prices to the wei', async () => {
    expect(await offerFrom({ price: '0.05' })).to.deep.equal({
      ...{ price: 5n * 10n ** 16n, premiumPrice: 0n, laneKbps: 0, lanePrice: 0n, exit: undefined },
    })
    const { exit, ...terms } = await offerFrom({
      ...{ price: '0.1', 'premium-price': '9007199254.740993000000000001', 'lane-price': '0.000000000000000001' },
      ...{ 'lane-rate': '10mbps', exit: file, 'exit-address': '[2001:db8::1]:4433' },
    })
    expect(terms).to.deep.equal({
      ...{ price: 10n ** 17n, premiumPrice: 9007199254740993000000000001n, laneKbps: 10_000, lanePrice: 1n },
    })
    expect(exit).to.deep.equal({ ...KEYS, address: '[2001:db8::1]:4433' })
  })

  const priced = (more: OfferFlags): OfferFlags => ({ price: '1', ...more })
  const refused: [what: string, flags: () => OfferFlags, says: RegExp, code?: string][] = [
    ['no price', () => ({ 'lane-rate': '10mbps' }), /^--lane-rate needs --price: an offer has a price\.$/],
    ['a price of nothing', () => ({ price: '0.0' }), /^--price 0\.0 is no amount of tokens/],
    ['a price in words', () => ({ price: '1e-3' }), /^--price 1e-3 is no amount of tokens/],
    [
      'a price that no field holds',
      () => priced({ 'premium-price': '79228162515' }),
      /than the 79228162514\.26433759354395/,
    ],
    ['less than a wei', () => ({ price: `0.${'0'.repeat(18)}1` }), /is no amount of tokens/],
    ['lanes without a rate', () => priced({ 'lane-price': '1' }), /^--lane-price and --lane-rate belong together\./],
    [
      'lanes without a price',
      () => priced({ 'lane-rate': '1mbps' }),
      /^--lane-price and --lane-rate belong together\./,
    ],
    ['lanes of no rate', () => priced({ 'lane-price': '1', 'lane-rate': '10' }), /^--lane-rate 10 is not a rate/],
    [
      'lanes too fast',
      () => priced({ 'lane-price': '1', 'lane-rate': '9999gbps' }),
      /^--lane-rate 9999gbps is more than/,
    ],
    ['an exit at no address', () => priced({ exit: file }), /^--exit and --exit-address belong together\./],
    ['an exit at no port', () => exitAt('a.example'), /^--exit-address a\.example is not a host and port/],
    ['an exit at port 0', () => exitAt('a.example:0'), /^--exit-address cannot be used: port 0/],
    ['an exit at two lines', () => exitAt('a\nb:1'), /^--exit-address cannot be used: .*printable ASCII/],
    ['an exit of a long name', () => exitAt(`${'a'.repeat(256)}:1`), /has 258 bytes: the chain takes 1 to 256/],
    ['a missing file', () => exitAt('a:1', join(dir, 'none')), /none: there is no such file\. Name/, 'configuration'],
  ]
  const exitAt = (address: string, path = file): OfferFlags => priced({ exit: path, 'exit-address': address })
  for (const [what, flags, says, code = 'usage'] of refused) {
    it(`refuse ${what} in one line`, async () => {
      const error = await caught(offerFrom(flags()))
      expect(error).to.include({ code })
      expect(error.message).to.match(says).and.not.include('\n')
    })
  }

  const files: [text: string, says: RegExp][] = [
    ['{', /it holds no JSON object/],
    ['[]', /it holds no JSON object/],
    [JSON.stringify({ ...KEYS, certHash: undefined }), /certHash: is missing, or no text/],
    [JSON.stringify({ ...KEYS, publicKey: '0x12' }), /publicKey: must be 32 bytes in hexadecimal/],
    [JSON.stringify({ ...KEYS, publicKey: `0x${'0'.repeat(64)}` }), /publicKey: must not be zero/],
  ]
  for (const [text, says] of files) {
    it(`refuse the file of an exit that holds ${text.slice(0, 40)}`, async () => {
      const path = join(dir, 'bad.json')
      await writeFile(path, text)
      const error = await caught(offerFrom(exitAt('a:1', path)))
      expect(error).to.include({ code: 'configuration' })
      expect(error.message).to.match(says).and.include(path)
    })
  }
})

async function caught(work: Promise<unknown>): Promise<UserError> {
  const error = await work.then(
    () => undefined,
    thrown => thrown,
  )
  expect(error).to.be.instanceOf(UserError)
  return error
}
