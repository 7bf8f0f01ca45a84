/** The signing record of a verifier that does not run: a checked copy of it, for a move to another machine. */

import { readFile } from 'node:fs/promises'
import type { InferredOptionTypes } from 'yargs'
import { type Hex, toHex } from '../../proto/hex.js'
import { UserError } from '../config/errors.js'
import { keysPath, readKeyFile } from '../config/key-file.js'
import type { RecordCopyJson, RecordImportJson } from '../evidence/schema/data-directory.js'
import { blsPublicKeyIn } from '../keystore/public-keys.js'
import { SigningConflict } from '../store/errors.js'
import { decodeCopy, type RecordCopy, recordOwner } from '../store/record-copy.js'
import { DamagedRecord } from '../store/record-format.js'
import { Store } from '../store/store.js'
import type { Command } from './lazily.js'
import { print } from './output.js'
import { settings } from './settings.js'

const OPTIONS = {
  'data-dir': { type: 'string', demandOption: true, describe: 'Data directory of the verifier, which must not run' },
} as const

type Flags = InferredOptionTypes<typeof OPTIONS> & { file?: string | undefined; json?: unknown }

export const recordExport: Command<Flags> = {
  builder: y =>
    settings(y, OPTIONS).positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'File of the copy; an existing file is never replaced',
    }),
  handler: async flags => {
    const file = flags.file ?? ''
    await withStore(flags, async (store, owner) => {
      const { entries, seal } = await store.exportRecord(file, owner)
      print<RecordCopyJson>(flags, { file, entries, seal: toHex(seal) }, copyText)
    })
  },
}

export const recordImport: Command<Flags> = {
  builder: y =>
    settings(y, OPTIONS).positional('file', {
      type: 'string',
      demandOption: true,
      describe: 'Copy that `record export` wrote on that machine, after its verifier was stopped for good',
    }),
  handler: async flags => {
    const file = flags.file ?? ''
    const copy = await copyIn(file)
    await withStore(flags, async (store, owner) => {
      if (copy.owner !== owner) throw unusable(file, 'it is the record of another BLS key. Name the copy of this key')
      const added = await merged(store, copy, file)
      print<RecordImportJson>(flags, { file, entries: copy.signed.length, added }, importText)
    })
  },
}

async function withStore(flags: Flags, use: (store: Store, owner: Hex) => Promise<void>): Promise<void> {
  const owner = recordOwner(blsPublicKeyIn(await readKeyFile(keysPath(flags['data-dir']))))
  const store = await Store.open(flags['data-dir'], { mode: 'existing' })
  try {
    await use(store, owner)
  } finally {
    await store.close()
  }
}

/** @throws UserError 'configuration' */
async function copyIn(file: string): Promise<RecordCopy> {
  const bytes = await readFile(file).catch(cause => {
    throw unusable(file, `${(cause as Error).message}. Name another file`, cause)
  })
  try {
    return decodeCopy(bytes)
  } catch (cause) {
    if (!(cause instanceof DamagedRecord)) throw cause
    const advice = 'Copy the file again, or write a new one with `record export`'
    throw unusable(file, `it is no whole copy of a signing record (${cause.message}). ${advice}`, cause)
  }
}

async function merged(store: Store, { signed }: RecordCopy, file: string): Promise<number> {
  try {
    return await store.mergeRecord(signed)
  } catch (cause) {
    if (!(cause instanceof SigningConflict)) throw cause
    throw unusable(
      file,
      `for ${cause.slot} it holds another digest than the record here, so this key has signed two contradicting things. Run neither verifier: exit, and register new keys`,
      cause,
    )
  }
}

const unusable = (file: string, what: string, cause?: unknown): UserError =>
  new UserError('configuration', `Nothing was imported from ${file}: ${what}.`, { cause })

const copyText = ({ file, entries }: RecordCopyJson): string =>
  `Wrote ${entries} signed slots to ${file}. The copy is out of date as soon as this verifier signs again.`

const importText = ({ file, entries, added }: RecordImportJson): string =>
  added === 0
    ? `The record here holds all ${entries} signed slots of ${file} already.`
    : `Added ${added} of the ${entries} signed slots of ${file}. Never run the verifier that wrote it again.`
