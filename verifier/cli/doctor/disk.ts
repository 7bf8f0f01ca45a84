/** The disk of the data directory, and the files on it that a node does not start without. Writes nothing. */
import { constants } from 'node:fs'
import { access, stat, statfs } from 'node:fs/promises'
import { join } from 'node:path'
import { keysPath } from '../../config/key-file.js'
import type { Finding } from '../../evidence/schema/finding.js'
import { bad, good, warning } from '../finding.js'

const MIB = 2 ** 20
/** The database writes files of 2 to 4 MiB, several at once, before it can delete any. */
const LEAST_FREE_BYTES = 64 * MIB
/** Votes, leaves and transcripts of an evidence period: some 20 KB for a session at 25 Mbit/s. A provider keeps tokens. */
const AMPLE_FREE_BYTES = { verifier: 2048 * MIB, provider: 256 * MIB } as const
const LEAST_FREE_FILES = 1000
const FOR_OTHERS = 0o077

type Role = keyof typeof AMPLE_FREE_BYTES

/** @param dataDir exists */
export async function diskFindings(role: Role, dataDir: string): Promise<Finding[]> {
  return [await spaceFinding(role, dataDir), await writableFinding(dataDir), ...(await fileFindings(role, dataDir))]
}

async function spaceFinding(role: Role, dataDir: string): Promise<Finding> {
  const { bavail, bsize, ffree, files } = await statfs(dataDir)
  const freeBytes = bavail * bsize
  const found = `${sizeText(freeBytes)} free for ${dataDir}`
  const advice = 'Make room, or move the data directory to a larger disk while the node is stopped.'
  if (freeBytes < LEAST_FREE_BYTES) return bad('disk', `full or nearly so: ${found}`, advice)
  if (files > 0 && ffree < LEAST_FREE_FILES)
    return bad('disk', `no room for more files: ${ffree} of ${files} are left`, advice)
  return freeBytes < AMPLE_FREE_BYTES[role]
    ? warning('disk', `${found}, where an evidence period may take ${sizeText(AMPLE_FREE_BYTES[role])}`, advice)
    : good('disk', found)
}

async function writableFinding(dataDir: string): Promise<Finding> {
  try {
    await access(dataDir, constants.W_OK | constants.X_OK)
    return good('directory', `this user may write to ${dataDir}`)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    return bad(
      'directory',
      code === 'EROFS' ? `the disk of ${dataDir} is read-only` : `this user may not write to ${dataDir} (${code})`,
      'Correct its owner, its permissions or its mount, or run the node as its owner.',
    )
  }
}

/** The keys have been read by now. */
async function fileFindings(role: Role, dataDir: string): Promise<Finding[]> {
  const { mode } = await stat(keysPath(dataDir))
  const keys =
    (mode & FOR_OTHERS) === 0
      ? good('key file', 'its owner alone can read it')
      : warning('key file', 'other users of this machine can read it', `Run chmod 600 ${keysPath(dataDir)}.`)
  if (role === 'provider') return [keys]
  const missing: string[] = []
  for (const name of ['signing-record', 'db']) {
    const isThere = await stat(join(dataDir, name)).then(
      () => true,
      () => false,
    )
    if (!isThere) missing.push(name)
  }
  if (missing.length === 0) return [keys, good('store', 'the signing record and the database are there')]
  return [
    keys,
    bad(
      'store',
      `${missing.join(' and ')} missing in ${dataDir}`,
      'Restore a current copy. Without one, exit and register with new keys: old keys must not sign without their record.',
    ),
  ]
}

const sizeText = (bytes: number): string =>
  bytes < 1024 * MIB ? `${Math.floor(bytes / MIB)} MiB` : `${(bytes / (1024 * MIB)).toFixed(1)} GiB`
