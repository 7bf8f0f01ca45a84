/** The signing record of a verifier that does not run: a copy of it, checked. */
import type { CommandModule, InferredOptionTypes } from 'yargs'
import { toHex } from '../../proto/hex.js'
import { Store } from '../store/store.js'
import { settings } from './settings.js'

const OPTIONS = {
  'data-dir': { type: 'string', demandOption: true, describe: 'data directory of the verifier, which must not run' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { file?: string | undefined; json?: unknown }

const recordExport: CommandModule<object, Flags> = {
  command: 'export <file>',
  describe: 'check the record and write a copy of it',
  builder: y =>
    settings(y, OPTIONS).positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'the copy; a file that is there already is never replaced',
    }),
  handler: async flags => {
    const file = flags.file ?? ''
    const store = await Store.open(flags['data-dir'], { mode: 'existing' })
    try {
      const { entries, seal } = await store.exportRecord(file)
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ file, entries, seal: toHex(seal) })}\n`
          : `Wrote ${entries} signed slots to ${file}. The copy is out of date as soon as this verifier signs again.\n`,
      )
    } finally {
      await store.close()
    }
  },
}

export const verifierRecord: CommandModule = {
  command: 'record',
  describe: "the record of what the verifier's key signed",
  builder: y => y.command(recordExport).demandCommand(1, 'Say what to do with the record: export.'),
  handler: () => undefined,
}
