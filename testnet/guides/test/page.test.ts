import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { developers } from '../developers.js'
import { nodeOperators } from '../node-operators.js'
import { commandsOf, withWords } from '../page.js'
import { validators } from '../validators.js'
import type { Guide } from '../walk.js'

const PAGE = `# A page

\`\`\`sh
npm ci   # takes a minute
# only a remark

npx bandwitness run --data-dir D \\
  --network FILE
\`\`\`

\`\`\`
not a command
\`\`\`

\`\`\`sh
ls 'a#b'
\`\`\`
`

describe('the commands of a page', () => {
  it('are those of its sh blocks, each on one line, without comments', () => {
    expect(commandsOf(PAGE)).to.deep.equal([
      { line: 4, text: 'npm ci' },
      { line: 8, text: 'npx bandwitness run --data-dir D --network FILE' },
      { line: 16, text: "ls 'a#b'" },
    ])
  })

  it('get the reader’s values for whole words only', () => {
    expect(withWords('run --data-dir D --DIR D/x FILE FILES', { D: '/d', FILE: 'f.json' })).to.equal(
      'run --data-dir /d --DIR /d/x f.json FILES',
    )
    expect(withWords('run D', {})).to.equal('run D')
    expect(withWords('/ip4/0.0.0.0/tcp 010.0.0', { '0.0.0.0': '127.0.0.1' })).to.equal('/ip4/127.0.0.1/tcp 010.0.0')
  })
})

describe('the walk through a guide', () => {
  for (const guide of [validators, nodeOperators, developers] as Guide[]) {
    it(`takes every command of ${guide.page}, in the page's order`, () => {
      const commands = commandsOf(readFileSync(new URL(`../../../docs/guides/${guide.page}`, import.meta.url), 'utf8'))
      const steps = guide.steps.map(({ command }) => command)
      const found = commands.map(({ text }, i) =>
        steps[i] !== undefined && text.startsWith(steps[i]) ? steps[i] : text,
      )
      expect(found).to.deep.equal(steps)
    })
  }
})
