/** Real disks and directories in a state in which no node would work. */
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { SmallDisk } from '../../../../testnet/faults/small-disk.js'
import { startWatchdog, type Watchdog } from '../../../../testnet/process/watchdog.js'
import { UserError } from '../../../config/errors.js'
import { diskFindings } from '../disk.js'

describe('the doctor on the disk', () => {
  let directory: string
  let watchdog: Watchdog
  before(async () => {
    watchdog = await startWatchdog()
  })
  after(() => watchdog.close())
  beforeEach(() => {
    directory = mkdtempSync(join(tmpdir(), 'bandwitness-doctor-'))
    writeFileSync(join(directory, 'keys.json'), '{}', { mode: 0o600 })
  })
  afterEach(() => rmSync(directory, { recursive: true }))

  const gradesOf = async (role: 'verifier' | 'provider', dataDir = directory) =>
    Object.fromEntries((await diskFindings(role, dataDir)).map(({ subject, grade }) => [subject, grade]))

  it('finds a full disk, and writes nothing to find it', async () => {
    const small = join(directory, 'small')
    const disk = await SmallDisk.open(small, watchdog).catch((error: Error) => error)
    if (!(disk instanceof SmallDisk)) {
      expect(disk).to.be.instanceOf(UserError)
      return
    }
    try {
      writeFileSync(join(disk.outside, 'keys.json'), '{}', { mode: 0o600 })
      expect(await gradesOf('provider', disk.outside)).to.include({ disk: 'warning' })
      disk.fill()
      const [space] = await diskFindings('provider', disk.outside)
      expect(space).to.include({ subject: 'disk', grade: 'bad' })
      expect(space!.found).to.include('full or nearly so: 0 MiB free')
      expect(readdirSync(disk.outside)).to.have.members(['keys.json', 'filler'])
    } finally {
      await disk.close()
    }
  })

  it('finds a verifier whose signing record is gone, and keys that others can read', async () => {
    expect(await gradesOf('provider')).to.include({ directory: 'good', 'key file': 'good' })
    expect(await gradesOf('verifier')).to.include({ store: 'bad' })
    chmodSync(join(directory, 'keys.json'), 0o644)
    mkdirSync(join(directory, 'db'))
    writeFileSync(join(directory, 'signing-record'), '')
    expect(await gradesOf('verifier')).to.include({ 'key file': 'warning', store: 'good' })
    expect(readdirSync(directory)).to.have.members(['keys.json', 'db', 'signing-record'])
  })
})
