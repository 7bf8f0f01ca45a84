import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'chai'
import { writeWhole } from '../whole-file.js'

const codeOf = (writing: Promise<void>): Promise<string | undefined> =>
  writing.then(
    () => undefined,
    error => error.code,
  )

describe('files that are written whole or not at all', () => {
  let dir: string
  let path: string
  beforeEach(async () => {
    dir = await mkdtemp(join(tmpdir(), 'bandwitness-whole-'))
    path = join(dir, 'file')
  })
  afterEach(() => rm(dir, { recursive: true }))

  it('replace another only where this is wanted, and get the mode that is wanted', async () => {
    await writeWhole(path, 'first', { place: 'new', mode: 0o600 })
    expect((await stat(path)).mode & 0o777).to.equal(0o600)
    expect(await codeOf(writeWhole(path, 'second', { place: 'new' }))).to.equal('EEXIST')
    expect(await readFile(path, 'utf8')).to.equal('first')
    await writeWhole(path, 'third', { place: 'replace' })
    expect(await readFile(path, 'utf8')).to.equal('third')
    expect(await readdir(dir)).to.deep.equal(['file'])
  })

  it('have one author, if several write a new file at once', async () => {
    const texts = Array.from({ length: 20 }, (_, i) => `${i}`.repeat(100_000))
    const codes = await Promise.all(texts.map(text => codeOf(writeWhole(path, text, { place: 'new' }))))
    expect(codes.filter(code => code === undefined)).to.have.length(1)
    expect(codes.filter(code => code === 'EEXIST')).to.have.length(19)
    expect(await readFile(path, 'utf8')).to.equal(texts[codes.indexOf(undefined)])
    expect(await readdir(dir)).to.deep.equal(['file'])
  })

  it('leave nothing of theirs if they cannot be written', async () => {
    await mkdir(path)
    expect(await codeOf(writeWhole(path, 'text', { place: 'replace' }))).to.equal('EISDIR')
    expect(await readdir(dir)).to.deep.equal(['file'])
    expect(await codeOf(writeWhole(join(dir, 'missing', 'file'), 'text', { place: 'new' }))).to.equal('ENOENT')
  })

  it('take the place of what a crash left half-written', async () => {
    await writeFile(`${path}.partial`, 'ha')
    await writeWhole(path, 'whole', { place: 'replace' })
    expect(await readFile(path, 'utf8')).to.equal('whole')
    expect(await readdir(dir)).to.deep.equal(['file'])
  })
})
