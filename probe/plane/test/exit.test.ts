/** The end of a process that has a port open: native code must not call back into a thread that is gone. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'

const PROGRAM = fileURLToPath(new URL('fixtures/exiting.ts', import.meta.url))
/** Before it was mended, nearly every exit was a crash. */
const TIMES = 3

async function ending(how: 'exit' | 'fail'): Promise<unknown> {
  const child = spawn(process.execPath, ['--import', 'tsx', PROGRAM, how], { stdio: ['ignore', 'ignore', 'inherit'] })
  const [code, signal] = await once(child, 'exit')
  return signal ?? code
}

describe('a process that ends under a flood', () => {
  it('has its exit code, and no signal, when it exits with an open port', async () => {
    for (let i = 0; i < TIMES; i++) expect(await ending('exit')).to.equal(7)
  })

  it('has its exit code, and no signal, when its worker fails', async () => {
    for (let i = 0; i < TIMES; i++) expect(await ending('fail')).to.equal(7)
  })
})
