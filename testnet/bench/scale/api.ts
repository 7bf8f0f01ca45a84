/** Asks a verifier's API over HTTP, as a page and the command `explain` do. */
import type { ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import type { Hex } from '../../../proto/hex.js'
import { connect, ENDPOINTS, type RequestOf } from '../../../verifier/client/index.js'
import { explanationOf } from '../../../verifier/evidence/explanation.js'
import { recomputeProvider } from '../../../verifier/evidence/recompute-provider.js'
import { urlOf } from '../../../verifier/evidence/schema/endpoints.js'
import { startChild } from '../in-child.js'
import { median } from '../quantile.js'
import type { ApiTask, Reported } from './api-main.js'
import type { NetworkSize } from './sizes.js'

/** All in milliseconds, except bytes. */
export interface ApiRow extends NetworkSize {
  /** the list of providers, asked for the first time after a report; in the median of the reports */
  readonly listFirst: number
  /** in the median of the lists, in several orders */
  readonly list: number
  /** as the command does it: evidence asked for, parsed, and the leaf computed from it again */
  readonly explainFirst: number
  readonly explain: number
  /** as the page asks for it: the verifier computes it */
  readonly explanation: number
  /** the largest answer with the evidence of one provider */
  readonly evidenceBytes: number
  /** of the answer with the evidence of the whole epoch; undefined if the API refuses it for its size */
  readonly epochEvidenceBytes: number | undefined
}

const REPORTS = 3
/** A busy machine gives a slow figure, and no failure. */
const PATIENCE = { timeoutMs: 120_000 }
/** Providers that are explained, in each way. */
const EXPLAINED = 20
const LISTS: readonly RequestOf<typeof ENDPOINTS.providers>[] = [
  {},
  { sort: 'score' },
  { sort: 'uptime', order: 'asc' },
  { sort: 'rate' },
  { q: '7', sort: 'provider' },
]

/** @throws Error if the process of the verifier ends, or an answer is wrong */
export async function measureApi(size: NetworkSize): Promise<ApiRow> {
  const child = startChild(import.meta.url, './api-main.js')
  const ended = once(child, 'exit')
  try {
    const firsts: { list: number; explain: number }[] = []
    let reported = await told(child, size)
    for (let report = 1; ; report++) {
      const list = await timed(() => listProviders(reported.url, {}))
      const explain = await timed(() => explainAsCommand(reported.url, reported.providers[0]!))
      firsts.push({ list, explain })
      if (report === REPORTS) break
      reported = await told(child, 'accept')
    }
    const { url, providers } = reported
    const spread = (shift: number) =>
      Array.from({ length: EXPLAINED }, (_, i) => providers[Math.floor(((i + shift) * providers.length) / EXPLAINED)]!)
    let evidenceBytes = 0
    return {
      ...size,
      listFirst: median(firsts.map(({ list }) => list)),
      list: await medianOf([...LISTS, ...LISTS, ...LISTS], query => listProviders(url, query)),
      explainFirst: median(firsts.map(({ explain }) => explain)),
      explain: await medianOf(spread(0.3), async provider => {
        evidenceBytes = Math.max(evidenceBytes, await explainAsCommand(url, provider))
      }),
      explanation: await medianOf(spread(0.6), provider => askExplanation(url, provider)),
      evidenceBytes,
      epochEvidenceBytes: await bytesOfEpoch(url),
    }
  } finally {
    if (child.connected) child.send('stop' satisfies ApiTask)
    await ended
  }
}

async function told(child: ChildProcess, task: ApiTask): Promise<Reported> {
  const ended = new AbortController()
  child.once('exit', () => ended.abort(new Error('The process of the verifier ended without an answer.')))
  child.send(task)
  const [reported] = await once(child, 'message', { signal: ended.signal })
  return reported as Reported
}

async function listProviders(url: string, query: RequestOf<typeof ENDPOINTS.providers>): Promise<void> {
  const { items } = await connect(url, PATIENCE).get(ENDPOINTS.providers, query)
  if (items.length === 0) throw new Error(`The list ${JSON.stringify(query)} has no providers.`)
}

/** @returns bytes of the evidence */
async function explainAsCommand(url: string, provider: Hex): Promise<number> {
  const response = await fetch(new URL(urlOf(ENDPOINTS.providerEvidence, { epoch: 'latest', provider }), url))
  const text = await response.text()
  const evidence = ENDPOINTS.providerEvidence.answer.parse(JSON.parse(text))
  const explained = explanationOf(provider, await recomputeProvider(evidence), evidence.posted, [], [])
  const failed = explained?.checks.filter(({ holds }) => !holds).map(({ what }) => what)
  if (failed === undefined || failed.length > 0) throw new Error(`${provider} is not explained: ${failed?.join('; ')}.`)
  return text.length
}

async function askExplanation(url: string, provider: Hex): Promise<void> {
  await connect(url, PATIENCE).get(ENDPOINTS.explanation, { provider })
}

async function bytesOfEpoch(url: string): Promise<number | undefined> {
  const response = await fetch(new URL(urlOf(ENDPOINTS.evidence, { epoch: 'latest' }), url))
  let bytes = 0
  for await (const part of response.body!) bytes += part.length
  return response.ok ? bytes : undefined
}

/** Milliseconds. */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const from = performance.now()
  await work()
  return performance.now() - from
}

async function medianOf<T>(items: readonly T[], work: (item: T) => Promise<unknown>): Promise<number> {
  const times: number[] = []
  for (const item of items) times.push(await timed(() => work(item)))
  return median(times)
}
