import type { InferredOptionTypes } from 'yargs'
import { MAX_ADDRESS_BYTES } from '../../proto/announcement.js'
import { isOrigin, publicApiEntry } from '../../proto/public-api.js'
import { UserError } from '../config/errors.js'
import type { Command } from './lazily.js'
import { NODE_OPTIONS, runSettings } from './node-settings.js'
import { runNode } from './run-node.js'
import { settings } from './settings.js'

/** The settings of a verifier that runs. */
export const RUN_OPTIONS = {
  ...NODE_OPTIONS,
  'public-api': {
    type: 'string',
    describe: 'URL at which everybody reaches the HTTP API, to announce on the chain (default: none)',
  },
} as const

export const verifierRun: Command<InferredOptionTypes<typeof RUN_OPTIONS>> = {
  builder: y => settings(y, RUN_OPTIONS),
  handler: async flags => {
    const publicApi = flags['public-api'] === undefined ? undefined : publicApiOf(flags['public-api'])
    const options = await runSettings(flags)
    // The whole node and its HTTP server are loaded here: every other command would start later for them.
    const { startVerifier } = await import('../api/start.js')
    await runNode(givenUp => startVerifier({ ...options, givenUp, publicApi }))
  },
}

/** @throws UserError 'usage' */
export function publicApiOf(text: string): string {
  const origin = text.replace(/\/$/, '')
  if (isOrigin(origin) && publicApiEntry(origin).length <= MAX_ADDRESS_BYTES) return origin
  throw new UserError(
    'usage',
    `--public-api ${text} is no address of an API. Give scheme and host, and a port if it is not the usual one: https://verifier.example.org.`,
  )
}
