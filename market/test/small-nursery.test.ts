import { execFileSync } from 'node:child_process'
import { expect } from 'chai'

const MIB = 1 << 20

/** Of a process that makes objects, of which many live for a while. @returns the size of V8's nursery then */
function nurseryBytes(...before: string[]): number {
  const script = `
    ${before.map(module => `await import(${JSON.stringify(module)})`).join('\n')}
    const { getHeapSpaceStatistics } = await import('node:v8')
    let kept = []
    for (let i = 0; i < 2_000_000; i++) {
      kept.push({ i })
      if (kept.length > 100_000) kept = []
    }
    console.log(getHeapSpaceStatistics().find(({ space_name }) => space_name === 'new_space').space_size)`
  const argv = ['--import', 'tsx', '--input-type=module', '--eval', script]
  return Number(execFileSync(process.execPath, argv, { encoding: 'utf8' }))
}

describe('the nursery of a client and an exit', () => {
  it('stays small on this version of Node, and would not by itself', () => {
    expect(nurseryBytes(new URL('../small-nursery.ts', import.meta.url).href)).to.be.below(8 * MIB)
    expect(nurseryBytes()).to.be.above(16 * MIB)
  })
})
