import { readdirSync, readFileSync } from 'node:fs'
import { expect } from 'chai'
import { NODE_OPTIONS } from '../../verifier/cli/node-settings.js'
import { commandsUnder, optionsOf } from '../reference/help.js'
import { referencePages } from '../reference/pages.js'

const FOLDER = 'docs/reference'

describe('the reference', () => {
  it('says what the program says: run `npm run reference` after a change', async () => {
    const pages = await referencePages()
    expect(readdirSync(FOLDER).sort()).to.include.members(Object.keys(pages))
    for (const [name, text] of Object.entries(pages))
      expect(readFileSync(`${FOLDER}/${name}`, 'utf8'), name).to.equal(text)
  })

  it('finds each command, also those inside others', async () => {
    const commands = (await commandsUnder()).map(words => words.join(' '))
    expect(commands).to.include.members([
      'testnet',
      'verifier run',
      'verifier record export',
      'provider check',
      'explain',
    ])
  })

  it('finds each setting of a node, with its default', async () => {
    const options = new Map((await optionsOf(['verifier', 'run'])).map(option => [option.name, option]))
    for (const [name, option] of Object.entries(NODE_OPTIONS)) {
      const found = options.get(name)
      expect(found?.describe, name).to.equal(option.describe)
      const fallback = 'default' in option ? [`default: ${JSON.stringify(option.default)}`] : []
      expect(
        found!.notes.filter(note => note.startsWith('default: ')),
        name,
      ).to.deep.equal(fallback)
      expect(found!.notes.includes('required'), name).to.equal('demandOption' in option)
    }
  })
})
