import { expect } from 'chai'
import { UserError } from '../../config/errors.js'
import { breachText, exactTokensText, groupText, rateText, shareText, shortHex, tokensText } from '../figures.js'
import { parseHostPort } from '../host-port.js'
import { parseRate } from '../rate.js'
import { textTable } from '../text-table.js'

describe('figures on the command line', () => {
  it('writes rates, shares, breaches and tokens', () => {
    expect(rateText(null)).to.equal('unmeasured')
    expect(rateText(2456)).to.equal('2.46 Mbit/s')
    expect(rateText(123_456)).to.equal('123.5 Mbit/s')
    expect(shareText(9734)).to.equal('97.3 %')
    expect(breachText(0b00011)).to.equal('○○○●●')
    expect(tokensText(1000n * 10n ** 18n)).to.equal('1000')
    expect(tokensText(86_600_000_000_000_000_000n)).to.equal('86.6')
    expect([0n, 1n, 10n ** 18n + 10n].map(exactTokensText)).to.deep.equal([
      '0',
      '0.000000000000000001',
      '1.00000000000000001',
    ])
    expect(shortHex('0x1234567890abcdef')).to.equal('0x1234…cdef')
  })

  it('writes out what a group of verifiers read at once', () => {
    const pair = { verifiers: [3, 7], ratesKbps: [480_000, 470_000], sumKbps: 950_000 }
    expect(groupText(pair, 1_000_000)).to.equal('verifiers 3 and 7: 480.0 + 470.0 = 950.0 of 1000.0 Mbit/s')
    const three = { verifiers: [1, 2, 6], ratesKbps: [8013, 8240, 8204], sumKbps: 24_457 }
    expect(groupText(three, 40_000)).to.equal('verifiers 1, 2 and 6: 8.01 + 8.24 + 8.20 = 24.46 of 40.00 Mbit/s')
    const more = { verifiers: [2, 5], ratesKbps: [33_000, 32_960], sumKbps: 65_960 }
    expect(groupText(more, 40_000)).to.equal('verifiers 2 and 5: 33.00 + 32.96 = 65.96, above the 40.00 Mbit/s claimed')
  })

  it('aligns columns', () =>
    expect(
      textTable([
        ['A', 'B'],
        ['long', 'x'],
      ]),
    ).to.equal('A     B\nlong  x'))

  it('reads rates with their unit', () => {
    expect(parseRate('limit', '10mbps')).to.equal(10_000)
    expect(parseRate('limit', '2500 kbps')).to.equal(2500)
    expect(parseRate('limit', '1.5Gbps')).to.equal(1_500_000)
    for (const wrong of ['10', 'fast', '0mbps', '-1mbps', '']) {
      expect(() => parseRate('limit', wrong)).to.throw(UserError, '--limit')
    }
  })

  it('reads host and port', () => {
    expect(parseHostPort('api', '127.0.0.1:0')).to.deep.equal({ host: '127.0.0.1', port: 0 })
    expect(parseHostPort('api', '[::1]:7380')).to.deep.equal({ host: '::1', port: 7380 })
    for (const wrong of ['7380', 'host:', 'host:70000', ':80']) {
      expect(() => parseHostPort('api', wrong)).to.throw(UserError, '--api')
    }
    for (const url of ['http://127.0.0.1:7380', 'http://127.0.0.1:7380/', '127.0.0.1:7380/v1'])
      expect(() => parseHostPort('api', url)).to.throw(UserError, `--api ${url} is a URL. Give host and port alone`)
  })
})
