/** Asks a running network and its chain what an operator asks, with the built command. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { ReadyEvent } from '../network/events.js'

const COMMAND = fileURLToPath(new URL('../../dist/verifier/cli/bandwitness.js', import.meta.url))

export interface Said {
  readonly code: number | null
  /** of both outputs */
  readonly text: string
}

/** Runs `bandwitness explain`. @param account of a provider; with `--rewards`, also of a verifier */
export const explain = (
  ready: ReadyEvent,
  account: string,
  epoch: number,
  more: readonly string[] = [],
): Promise<Said> => bandwitness(ready, ['explain', account, '--epoch', String(epoch), ...more])

/** Runs any command that asks a verifier and the chain. */
export const bandwitness = ({ apiUrl, rpcUrl, networkFile }: ReadyEvent, args: readonly string[]): Promise<Said> =>
  runCommand([...args, '--api', apiUrl, '--rpc', rpcUrl, '--network', networkFile])

export async function runCommand(args: readonly string[]): Promise<Said> {
  const child = spawn(process.execPath, [COMMAND, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', data => {
      text += data
    })
  }
  const [code] = (await once(child, 'close')) as [number | null]
  return { code, text }
}
