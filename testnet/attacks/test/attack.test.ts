import { expect } from 'chai'
import { MessageError, ProbeFrame, Proposal } from '../../../proto/messages.js'
import { Attack } from '../attack.js'
import { often } from '../attacker.js'
import { bombOf } from '../floods/bombs.js'
import { FLOODS } from '../floods.js'
import { ATTACK_KINDS } from '../messages.js'

describe('floods', () => {
  it('are of every kind', () => {
    expect(Object.keys(FLOODS)).to.deep.equal([...ATTACK_KINDS])
  })

  it('drop bombs that a decoder refuses in a few milliseconds', () => {
    for (const [codec, tag] of [
      [Proposal, 0x2a],
      [ProbeFrame, 0x42],
    ] as const) {
      const bomb = bombOf(tag, codec.maxBytes)
      expect(bomb.length).to.equal(codec.maxBytes)
      expect(() => codec.decode(bomb)).to.throw(MessageError)
    }
  })

  it('come at their rate, and end with their signal', async () => {
    const stopping = new AbortController()
    const beganMs = performance.now()
    let count = 0
    await often(1000, stopping.signal, async () => {
      if (++count === 200) stopping.abort()
    })
    expect(count).to.equal(200)
    expect(performance.now() - beganMs).to.be.at.least(190)
  })

  it('that cannot begin say why', async () => {
    const order = { kind: 'streams', networkFile: '/nowhere/network.json', rpcUrl: 'http://127.0.0.1:1' } as const
    const error = await Attack.prepare(order).catch((thrown: Error) => thrown)
    expect(error).to.be.an('error').with.property('message').that.includes('/nowhere/network.json')
  })
})
