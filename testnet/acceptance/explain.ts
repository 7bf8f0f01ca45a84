/** Asks a running network and its chain the operator's question, with the built command. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ReadyEvent } from '../network/events.js'

const COMMAND = fileURLToPath(new URL('../../dist/verifier/cli/bandwitness.js', import.meta.url))

export interface Explained {
  readonly code: number | null
  readonly text: string
}

/** Runs `bandwitness explain`; the text is that of both outputs. */
export async function explain(ready: ReadyEvent, provider: string, epoch: number): Promise<Explained> {
  const { apiUrl, rpcUrl, networkFile } = ready
  const where = ['--api', apiUrl, '--rpc', rpcUrl, '--network', networkFile]
  const child = spawn(process.execPath, [COMMAND, 'explain', provider, '--epoch', String(epoch), ...where], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', data => {
      text += data
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, text }
}
