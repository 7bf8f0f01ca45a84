import { randomBytes } from 'node:crypto'
import type { InferredOptionTypes } from 'yargs'
import type { Command } from '../../verifier/cli/lazily.js'
import { print } from '../../verifier/cli/output.js'
import { settings } from '../../verifier/cli/settings.js'
import { makeIdentity, type PublicIdentity, publicPath } from './identity.js'

const OPTIONS = {
  'data-dir': {
    type: 'string',
    demandOption: true,
    describe: 'Data directory of the provider whose account runs the exit, made by `provider init`',
  },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { json?: unknown }

export const exitInit: Command<Flags> = {
  builder: y => settings(y, OPTIONS),
  handler: async flags => {
    const path = publicPath(flags['data-dir'])
    const identity = await makeIdentity(flags['data-dir'], length => randomBytes(length))
    print<PublicIdentity & { readonly file: string }>(flags, { ...identity.public, file: path }, initText)
  },
}

const initText = ({ file }: { readonly file: string }): string =>
  `New exit, whose public part is in ${file}. Keep a copy of exit-keys.json beside it.\n\nTell clients of it: \`bandwitness provider offer --price TOKENS --exit ${file} --exit-address HOST:PORT\`. Then start it: \`bandwitness exit run\`.`
