import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect } from 'chai'
import { rehearse } from '../rehearsal.js'

const MODULE = new URL('../rehearsal.ts', import.meta.url).href

describe('the rehearsal of a node', () => {
  it('carries data', async () => {
    let carried = await rehearse()
    // A pause of this machine may leave no time for any data.
    for (let tries = 1; tries < 3 && carried?.carriedKbps === 0; tries++) carried = await rehearse()
    expect(carried?.carriedKbps).to.be.above(0)
  })

  it('leaves nothing behind that keeps a process alive', async () => {
    const program = `import { rehearse } from ${JSON.stringify(MODULE)}; await rehearse()`
    const child = spawn(process.execPath, ['--import', 'tsx/esm', '--input-type=module', '--eval', program])
    expect(await once(child, 'close')).to.deep.equal([0, null])
  })
})
