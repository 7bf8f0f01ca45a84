import { expect } from 'chai'
import { parseTime, requestOf } from '../node-request.js'

describe('what testnet node asks for', () => {
  const flags = { profile: 'honest', rate: undefined, ms: undefined }

  it('takes what each action needs, and nothing else', () => {
    expect(requestOf('add', 'provider', { ...flags, rate: '1mbps' })).to.deep.equal({
      ...{ action: 'add', role: 'provider', profile: 'honest' },
    })
    expect(requestOf('slow', 'n', { ...flags, rate: '2.5mbps' })).to.deep.equal({
      ...{ action: 'slow', name: 'n', rateKbps: 2500 },
    })
    expect(requestOf('delay', 'n', { ...flags, ms: 250 })).to.deep.equal({ action: 'delay', name: 'n', ms: 250 })
    expect(requestOf('mend', 'n', { ...flags, ms: 250 })).to.deep.equal({ action: 'mend', name: 'n' })
  })

  it('reads a time in seconds, and refuses what is none, or too much', () => {
    expect(['90s', '30m', '1h', ' 24h '].map(parseTime)).to.deep.equal([90, 1800, 3600, 86_400])
    for (const text of ['', '1', 'h', '-1h', '0s', '1.5h', '25h', '999999h', '1h30m', '1d', '１h'])
      expect(() => parseTime(text), text).to.throw(`"${text}" is no time to go forward by.`)
  })

  it('says in one sentence what is wrong', () => {
    expect(() => requestOf('slow', 'n', flags)).to.throw('slow needs a rate: give one such as --rate 10mbps.')
    expect(() => requestOf('slow', 'n', { ...flags, rate: '10' })).to.throw('--rate 10 is not a rate.')
    expect(() => requestOf('delay', 'n', flags)).to.throw('delay needs a time: give one such as --ms 250.')
    for (const ms of [0, -1, 2.5, Number.NaN, 1e9])
      expect(() => requestOf('delay', 'n', { ...flags, ms })).to.throw(`--ms ${ms} is no delay.`)
  })
})
