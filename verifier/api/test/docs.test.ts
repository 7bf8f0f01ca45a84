/** The page about the API beside the API. */
import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { ENDPOINTS, EVENTS } from '../../evidence/schema/endpoints.js'
import { PROVIDER_SORTS, PROVIDER_STATES } from '../../evidence/schema/providers.js'

const page = readFileSync(new URL('../../../docs/api.md', import.meta.url), 'utf8')

describe('docs/api.md', () => {
  it('names every path with its query, and no other', () => {
    const rows = [...page.matchAll(/^\| `(\/[^`]+)` \| ([^|]*)\|/gm)]
    const documented = rows.map(([, path, query]) => [path, [...query!.matchAll(/`(\w+)`/g)].map(([, name]) => name)])
    const real = [...Object.values(ENDPOINTS), EVENTS].map(({ path, query }) => [path, Object.keys(query.shape)])
    expect(documented).to.have.deep.members(real)
  })

  it('says how large each answer is at most', () => {
    const rows = [...page.matchAll(/^\| `(\/[^`]+)` \|.*\| (\d+) \|$/gm)]
    const documented = rows.map(([, path, mib]) => [path, Number(mib) * 2 ** 20])
    expect(documented).to.have.deep.members(Object.values(ENDPOINTS).map(({ path, maxBytes }) => [path, maxBytes]))
  })

  it('names every order and every state', () => {
    for (const name of [...PROVIDER_SORTS, ...PROVIDER_STATES]) expect(page).to.include(`\`${name}\``)
  })
})
