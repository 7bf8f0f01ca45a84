/** Who broke which rule, and what came of it: by a clock that the test moves. */
import { expect } from 'chai'
import { type Offence, Offences } from '../offences.js'

describe('offences', () => {
  let nowMs: number
  let verifiers: Map<string, number>
  let disconnected: string[]
  let lines: string[]
  let offences: Offences
  beforeEach(() => {
    nowMs = 1_000_000
    verifiers = new Map([
      ['five', 5],
      ['six', 6],
    ])
    disconnected = []
    lines = []
    offences = new Offences({
      verifierOf: peer => verifiers.get(peer),
      disconnect: peer => disconnected.push(peer),
      warn: (kind, sentence) => lines.push(`${kind}: ${sentence}`),
      nowMs: () => nowMs,
    })
  })

  it('have the peer disconnected, shut out for a minute, and shown with its index', () => {
    offences.report('five', 'gossip')
    expect(disconnected).to.deep.equal(['five'])
    expect(lines).to.deep.equal([
      'gossip 5: verifier 5 sent more wrong or useless messages than its budget holds: disconnected, and not let in for 60 s (five)',
    ])
    expect([offences.isShutOut('five'), offences.isShutOut('six')]).to.deep.equal([true, false])
    const [shown] = offences.list()
    expect(shown).to.include({ peer: 'five', verifier: 5, count: 1, lastMs: nowMs })
    nowMs += 60_000
    expect(offences.isShutOut('five')).to.equal(false)
    offences.report('five', 'gossip')
    expect(offences.list()).to.have.lengthOf(1)
    expect(offences.list()[0]).to.include({ count: 2, lastMs: nowMs })
  })

  it('of a peer that lags have it back at once, and only if there are many in a minute', () => {
    for (let i = 0; i < 8; i++) offences.report('five', 'silence')
    nowMs += 60_000
    for (let i = 0; i < 8; i++) offences.report('five', 'silence')
    expect([disconnected, lines]).to.deep.equal([[], []])
    offences.report('five', 'silence')
    expect([disconnected, offences.isShutOut('five')]).to.deep.equal([['five'], false])
    expect(offences.list()[0]).to.include({ count: 17 })
  })

  it('of an honest peer after a reorganisation, with twice a full set of messages, are shown and have no effect', () => {
    for (let i = 0; i < 4 * 191; i++) offences.report('five', 'disputed')
    expect(disconnected).to.deep.equal([])
    offences.report('five', 'disputed')
    expect(disconnected).to.deep.equal(['five'])
  })

  it('attack: a stranger with endless keys neither makes the list grow nor hides a verifier', () => {
    offences.report('five', 'streams')
    const kinds: Offence[] = ['gossip', 'unheard', 'streams', 'connections', 'answer']
    for (let i = 0; i < 20_000; i++) offences.report(`key ${i}`, kinds[i % kinds.length]!)
    const shown = offences.list()
    expect(shown).to.have.lengthOf(1 + kinds.length)
    expect(shown[0]).to.include({ peer: 'five', verifier: 5, count: 1 })
    expect(shown[1]).to.include({ peer: 'key 19999', verifier: null, count: 4000 })
    expect(offences.isShutOut('five')).to.equal(true)
    expect(offences.isShutOut('key 0'), 'forgotten: the list of strangers is bounded').to.equal(false)
    expect(new Set(lines.map(line => line.split(':')[0])).size, 'kinds of lines').to.equal(1 + kinds.length)
  })

  it('of whoever never says who it is are counted with those of strangers, and shut nobody out', () => {
    offences.report('key', 'connections')
    offences.reportNameless('connections')
    expect(offences.list()).to.have.lengthOf(1)
    expect(offences.list()[0]).to.include({ peer: null, verifier: null, reason: 'held too many connections', count: 2 })
    expect(lines.at(-1)).to.match(/^connections stranger: .* held too many connections: disconnected/)
    expect(disconnected).to.deep.equal(['key'])
  })

  it('of a stranger end when a verifier has announced it: it may have been new', () => {
    offences.report('new', 'unheard')
    expect(offences.isShutOut('new')).to.equal(true)
    verifiers.set('new', 7)
    expect(offences.isShutOut('new')).to.equal(false)
  })

  it('of verifiers are bounded as well: the last ones stay', () => {
    for (let i = 0; i < 600; i++) verifiers.set(`v${i}`, i)
    for (let i = 0; i < 600; i++) offences.report(`v${i}`, 'streams')
    expect(offences.list()).to.have.lengthOf(512)
    expect(offences.list()[0]).to.include({ peer: 'v599' })
  })
})
