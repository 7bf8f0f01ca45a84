import { expect } from 'chai'
import { KeptPackets } from '../kept-packets.js'

const packet = (i: number) => Buffer.from([i & 0xff, i >> 8])
const numbers = (packets: readonly Buffer[]) => packets.map(each => each.readUInt16LE(0))

describe('kept packets', () => {
  it('are those that the other end has not seen, the oldest first', () => {
    const kept = new KeptPackets()
    for (let i = 0; i < 10; i++) kept.add(2 * i, packet(i))
    kept.saw(7)
    kept.saw(3)
    expect(numbers(kept.take())).to.deep.equal([4, 5, 6, 7, 8, 9])
    expect(kept.take(), 'once').to.deep.equal([])
    kept.add(30, packet(15))
    expect(numbers(kept.take())).to.deep.equal([15])
  })

  it('are copies, and no more than 2048', () => {
    const kept = new KeptPackets()
    const bytes = Buffer.alloc(2)
    for (let i = 0; i < 5000; i++) {
      bytes.writeUInt16LE(i)
      kept.add(i, bytes)
    }
    const found = numbers(kept.take())
    expect(found).to.have.length(2048)
    expect([found[0], found.at(-1)]).to.deep.equal([2952, 4999])
  })
})
