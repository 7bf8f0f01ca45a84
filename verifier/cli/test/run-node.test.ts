import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { expect } from 'chai'
import { EXIT_CODE } from '../../config/errors.js'

const FIXTURE = fileURLToPath(new URL('./fixtures/hanging-node.ts', import.meta.url))

/** Sends SIGTERM as soon as the node has printed a line that holds `printed`. */
async function ended(hangs: 'start' | 'stop', printed: string): Promise<{ code: number | null; said: string }> {
  const node = spawn(process.execPath, ['--import', 'tsx/esm', FIXTURE, hangs], { stdio: ['ignore', 'pipe', 'pipe'] })
  const closed = once(node, 'close')
  let said = ''
  node.stderr.setEncoding('utf8').on('data', text => {
    said += text
  })
  node.stdout.setEncoding('utf8').on('data', text => {
    if (text.includes(printed)) node.kill('SIGTERM')
  })
  const [code] = await closed
  return { code, said }
}

describe('a node that does not stop', () => {
  const SENTENCE = /^bandwitness: The node did not stop within 0\.1 s, and was ended\. .*\n$/

  it('ends itself with a sentence and an exit code of its own', async () => {
    const { code, said } = await ended('stop', '"event":"ready"')
    expect(said).to.match(SENTENCE)
    expect(code).to.equal(EXIT_CODE['stop-late'])
  })

  it('does so even if it hangs at its start', async () => {
    const { code, said } = await ended('start', 'starting')
    expect(said).to.match(SENTENCE)
    expect(code).to.equal(EXIT_CODE['stop-late'])
  })
})
