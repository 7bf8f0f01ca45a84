import { expect } from 'chai'
import type { Relay } from '../../../probe/index.js'
import { RECEIVE_BUFFER_BYTES } from '../../../probe/io/datagram-port.js'
import { newRelayStats, relayCounterMemory } from '../../../probe/plane/relay-stats.js'
import { OverrunWarning } from '../overrun-warning.js'

describe('the warning of a provider that lost datagrams', () => {
  const warned = (receiveBufferBytes: number) => {
    const lines: string[] = []
    const stats = newRelayStats(relayCounterMemory())
    const facts: Relay['facts'] = { backend: 'mmsg', kernelTimestamps: true, port: 4000, receiveBufferBytes }
    const warning = new OverrunWarning({ stats, facts }, (_facts, message) => lines.push(message))
    const lose = (lost: number): string[] => {
      stats.overruns += lost
      warning.check()
      return lines.splice(0)
    }
    return lose
  }

  it('comes once for each loss', () => {
    const lose = warned(212_992)
    expect(lose(0)).to.deep.equal([])
    expect(lose(40)).to.have.length(1)
    expect(lose(0)).to.deep.equal([])
    expect(lose(2)[0]).to.contain('lost 2 datagrams')
  })

  it('names the setting that avoids it, as long as the system cuts the buffer', () => {
    expect(warned(212_992)(1)[0]).to.contain(`sysctl -w net.core.rmem_max=${RECEIVE_BUFFER_BYTES}`)
    // Linux reports twice the size that was asked for.
    expect(warned(2 * RECEIVE_BUFFER_BYTES)(1)[0])
      .to.contain('lower the claim')
      .and.not.contain('sysctl')
  })
})
