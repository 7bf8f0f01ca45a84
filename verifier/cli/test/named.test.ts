import { expect } from 'chai'
import fc from 'fast-check'
import { UserError } from '../../config/errors.js'
import { type Named, named, theOne } from '../named.js'
import { namedAccount } from '../provider-argument.js'

const KNOWN = [
  '0x268551ba6948067022d1feabad15431e32521cfc',
  '0x2685000000000000000000000000000000001cfd',
  '0x37ca000000000000000000000000000000004ea7',
] as const
const part = (given: string) => namedAccount(given) as Extract<Named, { kind: 'part' }>
const meant = (given: string) => theOne(part(given), KNOWN, 'account', 'of an active provider')

describe('an account that a person names', () => {
  it('is known by what the live view shows of it, by its beginning, and by its name', () => {
    expect(meant('0x2685…1cfc')).to.equal(KNOWN[0])
    expect(meant(' 0x2685...1CFD ')).to.equal(KNOWN[1])
    expect(meant('0x37')).to.equal(KNOWN[2])
    expect(namedAccount('Provider-3')).to.deep.equal({ kind: 'name', name: 'provider-3' })
    expect(namedAccount(KNOWN[0].toUpperCase())).to.deep.equal({ kind: 'whole', hex: KNOWN[0] })
  })

  it('that may be several is asked for again, with those that it may be', () => {
    expect(() => meant('0x2685'))
      .to.throw(UserError, `0x2685 can be ${KNOWN[0]} or ${KNOWN[1]}. Give more of it.`)
      .with.property('code', 'usage')
    const many = Array.from({ length: 300 }, (_, i) => `0x${i.toString(16).padStart(40, '0')}`)
    expect(() => theOne(part('0x00'), many, 'account', 'here')).to.throw(UserError, /^.{0,260} or one of 296 others\./)
  })

  it('that is nobody is said so', () =>
    expect(() => meant('0xffff')).to.throw(
      UserError,
      'No account of an active provider is 0xffff. Give the whole of it.',
    ))

  it('is refused before anybody is asked where it can be none', () => {
    const none = ['', '0x', 'me', '0x12 34', '2685', `${KNOWN[0]}0`, '…1cfc', '0xzz', 'provider-', '-1', '../x-1']
    for (const given of none) expect(() => namedAccount(given), given).to.throw(UserError, 'is not an address.')
    expect(() => namedAccount(undefined)).to.throw(UserError, '"" is not an address.')
  })

  it('never matches more than all of its digits, whatever is given', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 60 }), fc.nat(40), fc.nat(40), (text, from, to) => {
        const cut = `${KNOWN[0].slice(0, 2 + from)}…${KNOWN[0].slice(42 - to)}`
        for (const given of [text, `0x${text}`, cut]) {
          try {
            const found = named(given, { digits: 40, advice: 'is none.' })
            if (found.kind !== 'part') continue
            expect(found.start.length - 2 + found.end.length).to.be.within(1, 40)
          } catch (error) {
            expect(error).to.be.instanceOf(UserError)
          }
        }
      }),
    ))
})
