import { expect } from 'chai'
import { ChildProcess } from '../child-process.js'
import { residentBytes } from '../memory.js'

const MIB = 2 ** 20

describe('memory of a process', () => {
  it('is what it holds, and unknown once it has ended', async () => {
    const hold = `const held = Buffer.alloc(64 * 2 ** 20, 1); console.log('held'); setInterval(() => held, 1000)`
    const child = ChildProcess.start({ name: 'a child', argv: [process.execPath, '-e', hold] })
    await child.line(10_000)
    const bytes = await residentBytes(child.pid)
    await child.end()
    expect(bytes).to.be.within(64 * MIB, 256 * MIB)
    expect(await residentBytes(child.pid)).to.equal(undefined)
  })

  it('is this process’s own as Node.js tells it', async () => {
    expect(await residentBytes(process.pid)).to.be.closeTo(process.memoryUsage().rss, 16 * MIB)
  })
})
