/** A process that makes a plain key file encrypted again and again, and prints a line before each time. A test kills it. */
import { readFile } from 'node:fs/promises'
import { readKeyFile, replacePlainKeys } from '../key-file.js'
import { keysFromSeed } from '../keys.js'
import { encryptedKeys } from '../keystore-schema.js'
import { writeWhole } from '../whole-file.js'

const [path, encryptedFile] = process.argv.slice(2) as [string, string]
const encrypted = encryptedKeys.parse(JSON.parse(await readFile(encryptedFile, 'utf8')))
const plain = JSON.stringify(keysFromSeed('seed', 'verifier-0'))
for (;;) {
  await writeWhole(path, plain, { place: 'replace' })
  if ((await readKeyFile(path)).kind !== 'plain') throw new Error('the plain file was not written')
  process.stdout.write('.\n')
  await replacePlainKeys(path, encrypted)
}
