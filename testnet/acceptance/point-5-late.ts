/** Point 5: a verifier that joins in the middle is in the next frozen set, with state that it fetched from its peers. */
import { ChainWatch, rootOf, servedLeaves } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { checkExit, checkLeftovers } from './endings.js'
import { nodeStatus } from './node-status.js'
import { TestnetRun } from './testnet-run.js'

const EPOCHS = 8
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
  await run.epoch(FIRST_WITH_LATE + 1)

  const sizes = await watch.frozenSizes()
  checks.that(
    sizes.includes('era 1: 5') && sizes.includes('era 2: 6'),
    'the frozen set holds five verifiers in era 1 and six in era 2',
    sizes.join(', '),
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
  await checkExit(checks, run)
  await watch.ended
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
  await checkLeftovers(checks, ready, run.result?.ok === true)
}
