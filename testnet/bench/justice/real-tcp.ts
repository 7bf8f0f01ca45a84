/**
 * Cells with TCP connections of the kernel, in the lab of network namespaces: one session after another, while the
 * household of the provider uploads through the same drop-tail queue.
 */
import { setTimeout as pause } from 'node:timers/promises'
import type { Upload } from '../../lab/iperf3.js'
import { NamespaceLab } from '../../lab/namespace-lab.js'
import { whyNoNamespaceLab } from '../../lab/support.js'
import { type CellClass, LINK_SHARE, SLOW_SHARE } from './cells.js'
import type { CellResult, JusticeRow } from './result.js'
import { rowOf } from './rows.js'
import type { JusticePlan } from './run.js'
import type { SessionFigures } from './session-figures.js'
import { bothTries } from './tries.js'
import { isStarved } from './verdict.js'

interface RealCell {
  readonly name: string
  readonly class: CellClass
  readonly share: number
  readonly queueMs: number
  readonly upload?: Upload
}

const PATH = { rttMs: 20, lossPercent: 0 } as const
/** An upload has filled the queue by then. */
const HEAD_START_MS = 10_000
/** These sessions run one after another, so each cell gets one for so many of another cell. */
const PART = 10
const LEAST_SESSIONS = 3

const cell = (name: string, of: CellClass, share: number, queueMs: number, upload?: Upload): RealCell => ({
  name: `real-${name}`,
  class: of,
  share,
  queueMs,
  ...(upload && { upload }),
})

const REAL_CELLS: readonly RealCell[] = [
  cell('control', 'control', LINK_SHARE, 50),
  cell('slow-60', 'slow', SLOW_SHARE, 50),
  ...(
    [
      ['cubic', 1, 250],
      ['cubic', 1, 1000],
      ['cubic', 3, 250],
      ['bbr', 1, 250],
      ['bbr', 1, 1000],
      ['bbr', 3, 250],
    ] as const
  ).map(([congestionControl, flows, queueMs]) =>
    cell(`${congestionControl}-${flows}-fifo-${queueMs}`, 'contended', LINK_SHARE, queueMs, {
      congestionControl,
      flows,
    }),
  ),
]

/** @param done told of each cell */
export async function runRealCells(plan: JusticePlan, done: (cell: CellResult) => void): Promise<CellResult[]> {
  const reason = await whyNoNamespaceLab()
  const lab = reason === undefined ? await NamespaceLab.open() : undefined
  const results: CellResult[] = []
  try {
    for (const one of REAL_CELLS) {
      const { name, class: of, share: mean } = one
      const measured = lab ? await runCell(lab, one, plan) : { rows: [], starved: 0 }
      results.push({ name, class: of, mean, ...measured, failure: null, unavailable: reason ?? null })
      done(results.at(-1)!)
    }
  } finally {
    await lab?.close()
  }
  return results
}

async function runCell(
  lab: NamespaceLab,
  { share, queueMs, upload }: RealCell,
  { claimKbps, sessions }: JusticePlan,
): Promise<Pick<CellResult, 'rows' | 'starved'>> {
  await lab.shape({ ...PATH, rateKbps: Math.round(share * claimKbps) }, { claimKbps, queueMs })
  const wanted = Math.max(LEAST_SESSIONS, Math.round(sessions / PART))
  const rows: JusticeRow[] = []
  let starved = 0
  while (rows.length < wanted && starved <= wanted) {
    const row = await runSession(lab, claimKbps, upload)
    if (isStarved(row)) starved++
    else rows.push(row)
  }
  return { rows, starved }
}

async function runSession(lab: NamespaceLab, claimKbps: number, upload: Upload | undefined): Promise<JusticeRow> {
  const end = upload && (await lab.upload(upload))
  try {
    if (upload) await pause(HEAD_START_MS)
    return rowOf(await bothTries(() => runTry(lab)), claimKbps)
  } finally {
    await end?.()
  }
}

async function runTry(lab: NamespaceLab): Promise<SessionFigures> {
  const { outcome, tookMs } = (await lab.measure()).reading
  // The link's counter holds the upload as well, so it does not tell what passed of the session.
  return { outcome, passedKbps: undefined, lagMs: 0, pausedShare: 0, tookMs, warned: undefined }
}
