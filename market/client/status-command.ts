import type { InferredOptionTypes } from 'yargs'
import { z } from 'zod'
import { exactTokensText, rateText } from '../../verifier/cli/figures.js'
import { parseHostPort } from '../../verifier/cli/host-port.js'
import type { Command } from '../../verifier/cli/lazily.js'
import { print } from '../../verifier/cli/output.js'
import { settings } from '../../verifier/cli/settings.js'
import { textTable } from '../../verifier/cli/text-table.js'
import { UserError } from '../../verifier/config/errors.js'
import { CLIENT_API } from './client-api.js'
import { type ClientStatus, clientStatusSchema } from './status.js'

const OPTIONS = { api: CLIENT_API } as const
const WAIT_MS = 5000

export const clientStatus: Command<InferredOptionTypes<typeof OPTIONS> & { json?: unknown }> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const { host, port } = parseHostPort('api', flags.api)
    print<ClientStatus>(flags, await ask(`http://${host}:${port}/v1/status`), statusText)
  },
}

/** @throws UserError 'configuration' where no client answers */
async function ask(url: string): Promise<ClientStatus> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(WAIT_MS) })
    return clientStatusSchema.parse(await response.json())
  } catch (cause) {
    const what =
      cause instanceof z.ZodError || cause instanceof SyntaxError ? 'Something else answers' : 'No client answers'
    throw new UserError(
      'configuration',
      `${what} at ${url}. Start one with \`bandwitness client run\`, or pass --api.`,
      { cause },
    )
  }
}

const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`

function exitText(exit: ClientStatus['exit']): string {
  if (exit === null) return 'none so far'
  const { account, address, isOpen, carriedBytes, paidBytes } = exit
  const what = isOpen ? `${mib(carriedBytes)} carried, ${mib(paidBytes)} paid` : 'opening'
  return `${account} at ${address}, ${what}`
}

export function statusText({ exit, legs, spent, switches, lastSwitch, provenBytes, paidBytes }: ClientStatus): string {
  const rows = legs.map(({ provider, rttMs, isCarrying, laneKbps, provenBytes, paidBytes }) => [
    provider,
    isCarrying ? 'carries' : 'stands by',
    rttMs === null ? '' : `${rttMs.toFixed(1)} ms`,
    `${mib(provenBytes)} proven`,
    `${mib(paidBytes)} paid`,
    laneKbps === null ? '' : `a lane of ${rateText(laneKbps)}`,
  ])
  const last = lastSwitch === null ? 'none' : `${switches}, the last from ${lastSwitch.provider}: ${lastSwitch.why}`
  return [
    ...(rows.length > 0 ? [textTable(rows)] : ['No leg is open.']),
    '',
    textTable([
      ['exit', exitText(exit)],
      ['all legs', `${mib(provenBytes)} proven, ${mib(paidBytes)} paid`],
      ['switches', last],
      ['signed away', `${exactTokensText(BigInt(spent))} tokens, over all channels`],
    ]),
  ].join('\n')
}
