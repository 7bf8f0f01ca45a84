import { expect } from 'chai'
import fc from 'fast-check'
import { TagTable } from '../tag-table.js'

/** Tags with few distinct bytes, so that many begin alike. */
const tags = fc
  .tuple(fc.constantFrom(0, 1, 255), fc.constantFrom(0, 1, 2, 128))
  .map(([first, last]) => Buffer.from([first, 0, 0, 0, 0, 0, 0, last]))
const steps = fc.array(fc.record({ tag: tags, value: fc.option(fc.nat(), { nil: undefined }) }), { maxLength: 60 })

describe('tag table', () => {
  it('agrees with a map of whole tags after any sequence of puts and deletes', () => {
    fc.assert(
      fc.property(steps, done => {
        const table = new TagTable<number>()
        const model = new Map<string, number>()
        for (const { tag, value } of done) {
          if (value === undefined) {
            table.delete(tag)
            model.delete(tag.toString('hex'))
          } else {
            table.set(tag, value)
            model.set(tag.toString('hex'), value)
          }
        }
        for (const { tag } of done) {
          const expected = model.get(tag.toString('hex'))
          expect(table.find(tag)).to.equal(expected)
          expect(table.find(Buffer.concat([Buffer.alloc(12), tag]), 12)).to.equal(expected)
        }
      }),
    )
  })
})
