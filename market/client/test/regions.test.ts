import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { UserError } from '../../../verifier/config/errors.js'
import { regionOf } from '../../core/region.js'
import { regionsFrom } from '../regions.js'

const [DE, NL] = [regionOf('DE')!, regionOf('NL')!]

describe('the regions of a user', () => {
  let folder: string
  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'bandwitness-regions-'))
  })
  after(() => rm(folder, { recursive: true }))

  it('are any, or a list of codes', async () => {
    expect(await regionsFrom(undefined)()).to.equal(undefined)
    expect(await regionsFrom('DE,nl')()).to.deep.equal([DE, NL])
  })

  it('may be in a file, which is read anew each time', async () => {
    const path = join(folder, 'regions')
    await writeFile(path, 'DE\nNL\n')
    const read = regionsFrom(path)
    expect(await read()).to.deep.equal([DE, NL])
    await writeFile(path, 'NL')
    expect(await read()).to.deep.equal([NL])
  })

  it('that make no sense are refused, with what to give instead', async () => {
    const empty = join(folder, 'empty')
    await writeFile(empty, ' \n')
    for (const [given, what] of [
      ['Germany', 'no list of codes, and no file: there is no such file'],
      [folder, 'it is a directory'],
      [empty, 'a file without a list of codes'],
    ] as const) {
      const error = await regionsFrom(given)().catch((cause: unknown) => cause)
      expect(error).to.be.instanceOf(UserError).with.property('code', 'usage')
      expect((error as Error).message).to.include(what)
    }
  })
})
