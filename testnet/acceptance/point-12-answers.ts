/** Point 12: the command, the API, the page, the export and the chain give one answer, and the page says why in two clicks. */
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Hex } from '../../proto/hex.js'
import { connect, ENDPOINTS } from '../../verifier/client/index.js'
import { explanationSchema } from '../../verifier/evidence/schema/explanation.js'
import type { HistoryJson } from '../../verifier/evidence/schema/providers.js'
import { type LeafJson, leafJson } from '../../verifier/evidence/schema/report.js'
import { mbpsText, shareText, tokensText } from '../../verifier/evidence/text/figures.js'
import type { ReadyEvent, SlashedEvent } from '../network/events.js'
import { ChainWatch } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { explain, runCommand } from './explain.js'
import { PageReader, rowsOf, type Size, shown } from './page-reader.js'
import { TestnetRun } from './testnet-run.js'

/** A third breach in epoch 3 is settled in epoch 4. */
const EPOCHS = 4
const ARGS = ['--providers', 'honest=1,throttled=1,offline=1', '--epochs', String(EPOCHS), '--keep']

type Past = HistoryJson['items']

export const answers: Point = {
  number: 12,
  title: 'the command, the API, the page, the export and the chain give one answer',
  run: checks =>
    TestnetRun.with(ARGS, async run => {
      const ready = await run.ready()
      const watch = new ChainWatch(ready, run.over)
      await run.epoch(EPOCHS)
      const settled = await run.waitFor(event => (event.event === 'slashed' ? event : undefined))
      await watch.leavesUpTo(EPOCHS, run.over)

      const exported = await exportedRows(ready)
      const reader = await PageReader.start()
      try {
        for (const size of ['desktop', 'phone'] as const) await checkWhy(checks, reader, size, ready, settled)
        for (const { name, address } of ready.providers) {
          const past = await pastOf(ready, address)
          const leaves = watch.leavesOf(address).slice(0, EPOCHS).map(leafJson)
          checkSame(checks, `${name}: the API has the leaves under the chain's score roots`, past.map(leafOf), leaves)
          const rows = exported.filter(row => row.provider === address.toLowerCase())
          checkSame(checks, `${name}: the export has them`, rows, leaves)
          await checkExplained(checks, ready, name, past)
          await checkPage(checks, reader, ready, name, past)
        }
      } finally {
        await reader.close()
      }
    }),
}

const leafOf = ({ leaf }: Past[number]): LeafJson => leaf

/** The reports up to the last one that the point waits for, the oldest first. */
async function pastOf({ apiUrl }: ReadyEvent, provider: Hex): Promise<Past> {
  const { items } = await connect(apiUrl).get(ENDPOINTS.history, { provider, to: EPOCHS })
  return items.toReversed()
}

/** Each row without what the report says beside the leaf. */
async function exportedRows(ready: ReadyEvent): Promise<LeafJson[]> {
  const directory = await mkdtemp(join(tmpdir(), 'bandwitness-export-'))
  try {
    const out = join(directory, 'scores.jsonl')
    const args = ['export', '--epochs', `1..${EPOCHS}`, '--out', out, '--api', ready.apiUrl]
    const { code, text } = await runCommand(args)
    if (code !== 0) throw new Error(`export ended with ${code}: ${text}`)
    const rows = (await readFile(out, 'utf8')).trim().split('\n')
    return rows.map(row => {
      const { headerHash, txHash, slashed, ...leaf } = JSON.parse(row)
      return leaf as LeafJson
    })
  } finally {
    await rm(directory, { recursive: true })
  }
}

function checkSame(checks: Checks, sentence: string, found: readonly LeafJson[], wanted: readonly LeafJson[]): void {
  const textOf = (leaf: LeafJson | undefined) => JSON.stringify(Object.entries(leaf ?? {}).sort())
  const wrong = wanted.filter((leaf, i) => textOf(leaf) !== textOf(found[i]))
  const holds = wanted.length === EPOCHS && found.length === EPOCHS && wrong.length === 0
  checks.that(holds, sentence, holds ? `${EPOCHS} epochs` : `${found.length} of ${wanted.length}; ${textOf(wrong[0])}`)
}

/** The command replays each epoch from the votes, and comes to the same leaf. */
async function checkExplained(checks: Checks, ready: ReadyEvent, name: string, past: Past): Promise<void> {
  const leaves: LeafJson[] = []
  const faults: string[] = []
  for (const { epoch, leaf } of past) {
    const { code, text } = await explain(ready, leaf.provider, epoch, ['--json'])
    if (code !== 0) faults.push(`epoch ${epoch}: exit code ${code}`)
    else leaves.push(explanationSchema.parse(JSON.parse(text)).leaf)
  }
  if (faults.length > 0) checks.that(false, `${name}: explain answers`, faults.join(', '))
  else checkSame(checks, `${name}: explain comes to them from the votes`, leaves, past.map(leafOf))
}

/** The row of each epoch has the figures that the API gave, as people read them. */
async function checkPage(
  checks: Checks,
  reader: PageReader,
  ready: ReadyEvent,
  name: string,
  past: Past,
): Promise<void> {
  const provider = past[0]!.leaf.provider
  const page = await reader.at(`${ready.apiUrl}/#/providers/${provider}`)
  const rows = await rowsOf(page, `Epochs of provider ${provider}`)
  const wrong = past.flatMap(({ epoch, leaf, settlement }) => {
    const row = rows.find(([first]) => first === `${epoch}: why`)
    const figures = [
      leaf.rateKbps === null ? 'unmeasured' : mbpsText(leaf.rateKbps),
      ...[mbpsText(leaf.claimKbps), shareText(leaf.uptimeBps), shareText(leaf.scoreBps), String(leaf.tier)],
      ...(settlement === null ? [] : [`${tokensText(BigInt(settlement.charged))} tokens`]),
    ]
    const missing = figures.filter(figure => !row?.includes(figure))
    return missing.length === 0 ? [] : [`epoch ${epoch} lacks ${missing.join(', ')} in ${row?.join(' | ')}`]
  })
  checks.that(wrong.length === 0, `${name}: the page shows them`, wrong.join('; '))
  await page.context().close()
}

/** Two clicks from the list: the throttled provider, and why it was slashed. */
async function checkWhy(
  checks: Checks,
  reader: PageReader,
  size: Size,
  ready: ReadyEvent,
  { epoch, address, charged, txHash }: SlashedEvent,
): Promise<void> {
  const page = await reader.at(ready.apiUrl, size)
  await page.locator(`a[href="#/providers/${address.toLowerCase()}"]`).first().click()
  await page.getByRole('link', { name: `Why: the votes of epoch ${epoch}` }).click()
  await page.locator('.answer').waitFor()
  await shown(page)
  const said = (await page.locator('main').textContent()) ?? ''
  const votes = await rowsOf(page, 'Votes')
  const wanted = [
    `${tokensText(BigInt(charged))} tokens slashed`,
    'This window is a breach.',
    txHash,
    'signed: verifiers',
  ]
  const missing = wanted.filter(text => !said.includes(text))
  checks.that(
    missing.length === 0 && !said.includes('✗') && votes.length >= 3,
    `two clicks on a ${size} lead to why ${tokensText(BigInt(charged))} tokens were taken, vote by vote`,
    missing.length === 0
      ? `${votes.length} votes, transaction ${txHash.slice(0, 10)}…`
      : `without: ${missing.join('; ')}`,
  )
  await page.context().close()
}
