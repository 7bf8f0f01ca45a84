/** The example of the probe's public surface. */
import { readFile } from 'node:fs/promises'
import { expect } from 'chai'
import { exampleSession } from '../example.js'

const textOf = (file: string): Promise<string> => readFile(new URL(`../${file}`, import.meta.url), 'utf8')

describe('the example in index.ts', () => {
  it('measures the claim of an honest provider', async function () {
    this.retries(2)
    const outcome = await exampleSession()
    expect(outcome, JSON.stringify(outcome)).to.have.property('kind', 'verified')
  })

  it('is example.ts, word for word', async () => {
    const [, shown] = (await textOf('index.ts')).match(/^ \* ```TypeScript\n(.*?)^ \* ```$/ms)!
    const code = shown!.replaceAll(/^ \* ?/gm, '')
    const example = await textOf('example.ts')
    expect(code).to.equal(example.slice(example.indexOf('\n') + 1))
  })
})
