import { readFileSync } from 'node:fs'
import { expect } from 'chai'
import { DEVNET } from '../../../proto/params.js'
import type { ChainOffers } from '../../chain/chain-offers.js'
import { worstOf } from '../finding.js'
import { judgeChain, MOST_GAS, REPORT_GAS } from '../network/judge-chain.js'

const NOW_MS = 1_795_800_000_000
const GOOD: ChainOffers = {
  ...{ chainId: 560_048, head: 4000, headSeconds: NOW_MS / 1000 - 5, blockGas: 60_000_000n, gasPrice: 10n ** 9n },
  precompiles: [{ name: 'G1ADD', address: '0x000000000000000000000000000000000000000b', says: 'the right answer' }],
  randomness: ['0x01', '0x02', '0x03'],
  gapSeconds: Array(64).fill(2),
  blockHash: { blocksBack: 255, isRight: true },
  history: { blocksBack: 4000, isRight: true },
}

describe('whether a network can run on a chain', () => {
  const judged = (changed: Partial<ChainOffers>, params = DEVNET) =>
    judgeChain({ ...GOOD, ...changed }, NOW_MS, params).filter(({ grade }) => grade !== 'good')

  it('a chain with everything is good, and each line says what was found', () => {
    const findings = judgeChain(GOOD, NOW_MS, DEVNET)
    expect(worstOf(findings)).to.equal('good')
    expect(findings.every(({ found, advice }) => found !== '' && advice === null)).to.equal(true)
  })

  const cases: [what: string, changed: Partial<ChainOffers>, grade: string, says: RegExp][] = [
    [
      'a missing precompile',
      { precompiles: [{ ...GOOD.precompiles[0]!, says: 'nothing' }] },
      'bad',
      /G1ADD \(0xb\) gives nothing/,
    ],
    ['constant randomness', { randomness: ['0x01', '0x01'] }, 'bad', /2 blocks have only 1 values/],
    ['randomness that comes again', { randomness: ['0x01', '0x02', '0x01'] }, 'bad', /3 blocks have only 2/],
    ['two blocks of one second', { gapSeconds: [2, 2, 0, 2, 2, 2, 2, 2] }, 'warning', /from 0 to 2 s/],
    ['blocks too slow for the epoch', { gapSeconds: Array(9).fill(12) }, 'bad', /a block each 12\.0 s/],
    ['few blocks', { gapSeconds: [2] }, 'warning', /only 2 blocks/],
    ['no BLOCKHASH', { blockHash: { blocksBack: 255, isRight: false } }, 'bad', /is wrong for 255/],
    ['no history', { history: { blocksBack: 8190, isRight: false } }, 'warning', /does not know the block 8190/],
    ['small blocks', { blockGas: MOST_GAS - 1n }, 'bad', /room for 11243368 gas/],
    ['tight blocks', { blockGas: 2n * MOST_GAS - 1n }, 'warning', /room for/],
    ['dear gas', { gasPrice: 10n ** 11n }, 'warning', /100\.000 gwei, at which a report costs 0\.024 ether/],
    ['no gas price', { gasPrice: undefined }, 'warning', /names none/],
    ['a chain that stands still', { headSeconds: NOW_MS / 1000 - 61 }, 'warning', /is 61 s old/],
    ['a chain ahead of the clock', { headSeconds: NOW_MS / 1000 + 61 }, 'warning', /is 61 s ahead/],
    [
      'a chain node that forgot old state',
      { state: { blocksBack: 30, fault: '"missing trie node"' } },
      'bad',
      /does not tell the state 30 blocks back: "missing trie node"/,
    ],
    ['real stakes', { chainId: 1 }, 'warning', /Ethereum itself/],
  ]
  for (const [what, changed, grade, says] of cases) {
    it(`${what}: ${grade}, with the reason`, () => {
      const findings = judged(changed)
      expect(findings).to.have.length(1)
      expect(findings[0]).to.include({ grade })
      expect(findings[0]!.found).to.match(says)
      expect(findings[0]!.advice).to.match(/\.$/)
    })
  }

  it('the gas it counts with is that of docs/gas.md', () => {
    const page = readFileSync(new URL('../../../docs/gas.md', import.meta.url), 'utf8')
    const bounds = [...page.matchAll(/^\| (.*) \| [\d,]+ \| ([\d,]+) \|$/gm)].map(
      ([, call, bound]) => [call!, BigInt(bound!.replaceAll(',', ''))] as const,
    )
    expect(Math.max(...bounds.map(([, bound]) => Number(bound)))).to.equal(Number(MOST_GAS))
    expect(bounds.find(([call]) => call.startsWith('post, 4 of 4'))![1]).to.equal(REPORT_GAS)
  })
})
