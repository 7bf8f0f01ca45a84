/** Point 5: a verifier that joins in the middle is in the next frozen set, with state that it fetched from its peers. */
import { ChainWatch, rootOf, servedLeaves } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { numberOf } from './json-rpc.js'
import { nodeStatus } from './nodes.js'
import { leftBehind, TestnetRun } from './testnet-run.js'

const EPOCHS = 9
const RUN_SECONDS = 420
/** The eras are five epochs long: the second begins with this one. */
const FIRST_WITH_LATE = 6

export const late: Point = {
  number: 5,
  title: 'a late verifier joins the next frozen set',
  run: checks =>
    TestnetRun.with(['--verifiers', 'honest=5,late=1', '--epochs', String(EPOCHS)], run => follow(checks, run)),
}

async function follow(checks: Checks, run: TestnetRun): Promise<void> {
  const ready = await run.ready()
  const watch = new ChainWatch(ready, run.over)
  await run.epoch(FIRST_WITH_LATE + 1, RUN_SECONDS)

  const frozen = await watch.rpc.logs(ready.contracts.verifierRegistry, 'Frozen(uint64,address,uint32)')
  const sizes = frozen.map(log => [Number(log.topics[1]), numberOf(log.words[1]!)] as const)
  checks.that(
    sizes.some(([era, size]) => era === 1 && size === 5) && sizes.some(([era, size]) => era === 2 && size === 6),
    'the frozen set holds five verifiers in era 1 and six in era 2',
    sizes.map(([era, size]) => `era ${era}: ${size}`).join(', '),
  )
  const node = run.events.findLast(event => event.event === 'joined')
  checks.that(node?.apiUrl !== undefined, 'the late verifier is up')
  if (node?.apiUrl) {
    const before = FIRST_WITH_LATE - 1
    const leaves = await servedLeaves(node.apiUrl, before)
    checks.that(
      leaves !== undefined && rootOf(leaves) === watch.headers.get(before)?.scoreRoot,
      `it holds the leaves of epoch ${before}, although it did not vote then, and they hash to the chain's score root`,
      leaves ? `${leaves.length} leaves` : 'it has none',
    )
    checks.note(`${node.name}: ${(await nodeStatus(node)).sentence}`)
  }
  const exit = await run.end(RUN_SECONDS)
  await watch.ended
  checks.that(exit.code === 0, 'exit code 0', `${exit.code ?? exit.signal}`)
  if (exit.code !== 0) checks.note(`${run.result?.failures.join('; ')}\n${run.stderr}`)
  checks.that(run.epochs.filter(epoch => epoch.posted).length === EPOCHS, 'every epoch is posted')
  // The late verifier registers last, so it has the highest index, and the last position in the set of six.
  const signed = [...watch.headers.values()].filter(
    header => header.epoch >= FIRST_WITH_LATE && !header.nonSigners.includes(5),
  )
  checks.that(
    signed.length > 0,
    'the late verifier signs certificates',
    `epochs ${signed.map(header => header.epoch).join(' ')}`,
  )
  const left = await leftBehind(ready, run.result?.ok === true)
  checks.that(left.length === 0, 'nothing is left behind', left.join(', '))
}
