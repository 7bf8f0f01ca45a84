import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect } from 'chai'
import fc from 'fast-check'
import { account } from '../../core/test/samples.js'
import { readGlossary } from '../build/glossary.js'
import { isBreachAfter } from '../model/breach-epochs.js'
import { listQueryFrom, textOf } from '../model/list-query.js'
import { parameterText } from '../model/parameter-text.js'
import { PART_TERMS } from '../model/part-terms.js'
import { regionText } from '../model/region-text.js'
import { rowAfterKey, visibleRows } from '../model/visible-rows.js'
import { LINK, routeOf } from '../route.js'

const ROOT = join(import.meta.dirname, '..', '..', '..')

describe('rows of a long table', () => {
  it('cover the screen, and the pinned row is among them once', () => {
    const count = fc.integer({ min: 1, max: 20_000 })
    const view = fc.record({
      topPx: fc.integer({ min: -700_000, max: 2_000 }),
      screenPx: fc.integer({ min: 100, max: 3_000 }),
      rowPx: fc.integer({ min: 20, max: 80 }),
    })
    fc.assert(
      fc.property(count, view, fc.option(fc.nat(19_999), { nil: undefined }), (rows, at, pinned) => {
        const shown = visibleRows(rows, at, pinned)
        expect(shown).to.deep.equal([...new Set(shown)].sort((a, b) => a - b))
        expect(shown.length).to.be.at.most(at.screenPx / at.rowPx + 28)
        if (pinned !== undefined && pinned < rows) expect(shown).to.include(pinned)
        for (let y = 0; y < at.screenPx; y += at.rowPx) {
          const row = Math.floor((y - at.topPx) / at.rowPx)
          if (row >= 0 && row < rows) expect(shown).to.include(row)
        }
      }),
    )
  })

  it('end at the table’s ends, whatever the key', () => {
    expect(rowAfterKey('ArrowUp', 0, 10, 5)).to.equal(0)
    expect(rowAfterKey('PageDown', 7, 10, 5)).to.equal(9)
    expect(rowAfterKey('End', 0, 10, 5)).to.equal(9)
    expect(rowAfterKey('Home', 9, 10, 5)).to.equal(0)
    expect(rowAfterKey('toString', 3, 10, 5)).to.equal(undefined)
  })
})

describe('addresses of the page', () => {
  const provider = account('provider 0')

  it('lead to the view that they name', () => {
    expect(routeOf('')).to.deep.equal({ page: 'providers', query: '' })
    expect(routeOf('#/?q=a')).to.deep.equal({ page: 'providers', query: 'q=a' })
    expect(routeOf(LINK.provider(provider))).to.deep.equal({ page: 'provider', provider })
    expect(routeOf(LINK.provider(provider.toUpperCase().replace('X', 'x')))).to.deep.equal({
      page: 'provider',
      provider,
    })
    expect(routeOf(LINK.explanation(provider, 3))).to.deep.equal({ page: 'explanation', provider, epoch: 3 })
    expect(routeOf(LINK.epoch(12))).to.deep.equal({ page: 'epoch', epoch: 12 })
    for (const link of [LINK.epochs, LINK.verifiers, LINK.network]) expect(routeOf(link).page).to.equal(link.slice(2))
  })

  it('lead nowhere otherwise', () => {
    for (const hash of [
      '#/providers/0x12',
      '#/epochs/0',
      '#/epochs/1e3',
      `#/providers/${provider}/epochs/-1`,
      '#//',
      '#/x',
    ])
      expect(routeOf(hash).page, hash).to.equal('unknown')
  })

  it('hold what the list is asked for', () => {
    fc.assert(
      fc.property(fc.string(), fc.constantFrom('', '0', '3'), fc.constantFrom('claim', 'score'), (q, tier, sort) => {
        const query = { q: q.trim(), tier, region: '', state: '', sort, order: 'asc' }
        expect(listQueryFrom(textOf(query))).to.deep.equal(query)
      }),
    )
    expect(textOf(listQueryFrom(''))).to.equal('')
  })
})

describe('what the page writes', () => {
  it('shows a region as its text, and a hash as a hash', () => {
    const bytes = (text: string) => `0x${Buffer.from(text).toString('hex').padEnd(64, '0')}`
    expect(regionText(bytes('eu-west'))).to.equal('eu-west')
    expect(regionText(bytes(''))).to.equal('none')
    expect(regionText(bytes('\u202eab'))).to.equal('0xe280…0000')
  })

  it('gives each parameter its unit', () => {
    expect(parameterText('epochSeconds', 20)).to.equal('20 s')
    expect(parameterText('breachBps', 7500)).to.equal('75 %')
    expect(parameterText('lanes', 4)).to.equal('4')
  })

  it('marks the epochs of breaches, and not those after that leave the bits as they are', () => {
    const leaf = (breachBits: number, penaltyBps = 0) => ({ breachBits, penaltyBps })
    expect(isBreachAfter(leaf(1), undefined)).to.equal(true)
    expect(isBreachAfter(leaf(1), leaf(1))).to.equal(false)
    expect(isBreachAfter(leaf(3), leaf(1))).to.equal(true)
    expect(isBreachAfter(leaf(2), leaf(1))).to.equal(false)
    expect(isBreachAfter(leaf(0, 866), leaf(3))).to.equal(true)
    expect(isBreachAfter(leaf(0), leaf(0))).to.equal(false)
  })

  it('explains only words that the glossary has', () => {
    const glossary = readGlossary(readFileSync(join(ROOT, 'docs/protocol/glossary.md'), 'utf8'))
    const files = execFileSync('git', ['ls-files', '-co', '--exclude-standard', 'verifier/page'], {
      cwd: ROOT,
      encoding: 'utf8',
    })
    const views = files.split('\n').filter(path => path.endsWith('.tsx'))
    const sources = views.map(path => readFileSync(join(ROOT, path), 'utf8'))
    const inViews = sources.flatMap(text =>
      [...text.matchAll(/(?:word="|term: ')([^"']+)["']/g)].map(match => match[1]!),
    )
    expect(inViews.length).to.be.above(30)
    const words = [...inViews, ...Object.values(PART_TERMS)]
    expect(words.filter(word => glossary[word] === undefined)).to.deep.equal([])
  })
})
