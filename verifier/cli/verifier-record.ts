/** The signing record of a verifier that does not run: a copy of it, checked. */
import type { CommandModule, InferredOptionTypes } from 'yargs'
import { toHex } from '../../proto/hex.js'
import type { RecordCopyJson } from '../evidence/schema/data-directory.js'
import { Store } from '../store/store.js'
import { print } from './output.js'
import { settings } from './settings.js'

const OPTIONS = {
  'data-dir': { type: 'string', demandOption: true, describe: 'Data directory of the verifier, which must not run' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { file?: string | undefined; json?: unknown }

const recordExport: CommandModule<object, Flags> = {
  command: 'export <file>',
  describe: 'Check the signing record and write a copy',
  builder: y =>
    settings(y, OPTIONS).positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'File of the copy; an existing file is never replaced',
    }),
  handler: async flags => {
    const file = flags.file ?? ''
    const store = await Store.open(flags['data-dir'], { mode: 'existing' })
    try {
      const { entries, seal } = await store.exportRecord(file)
      print<RecordCopyJson>(flags, { file, entries, seal: toHex(seal) }, copyText)
    } finally {
      await store.close()
    }
  },
}

const copyText = ({ file, entries }: RecordCopyJson): string =>
  `Wrote ${entries} signed slots to ${file}. The copy is out of date as soon as this verifier signs again.`

export const verifierRecord: CommandModule = {
  command: 'record',
  describe: "The record of all that the verifier's key has signed",
  builder: y => y.command(recordExport).demandCommand(1, 'Missing command: export.'),
  handler: () => undefined,
}
