/**
 * Point 8: equivocation costs the bond, by the evidence of another node. In the same run: what a verifier has earned is
 * replayed from signed votes, and it claims it by the operator's command.
 */
import type { ReadyEvent, ReadyNode, ResultEvent } from '../network/events.js'
import { ChainWatch } from './chain-watch.js'
import type { Checks, Point } from './checks.js'
import { checkExit, checkLeftovers } from './endings.js'
import { bandwitness, explain } from './explain.js'
import { addressOf } from './json-rpc.js'
import { TestnetRun } from './testnet-run.js'

const EPOCHS = 6
const ARGS = ['--verifiers', 'honest=5,equivocator=1', '--providers', 'honest=1,throttled=1']
const EQUIVOCATED = 'Equivocated(uint64,uint32,address,uint64,uint8,address)'
/** The epoch at whose end the chain is looked at: the next era's set is frozen, and the rewards of three epochs are final. */
const LOOK = 5
const REPORTS = 3

export const equivocation: Point = {
  number: 8,
  title: 'an equivocator loses its bond, and rewards are replayed and claimed',
  run: checks => TestnetRun.with([...ARGS, '--epochs', String(EPOCHS)], run => follow(checks, run)),
}

async function follow(checks: Checks, run: TestnetRun): Promise<void> {
  const ready = await run.ready()
  const watch = new ChainWatch(ready, run.over)
  await run.epoch(LOOK)
  await checkEvidence(checks, ready, watch)
  await checkRewards(checks, ready)
  await checkExit(checks, run)
  await watch.ended
  checks.that(run.epochs.filter(epoch => epoch.posted).length === EPOCHS, 'every epoch is posted')
  if (run.result) checkResult(checks, run.result)
  await checkLeftovers(checks, ready, run.result?.ok === true)
}

async function checkEvidence(checks: Checks, { contracts, verifiers }: ReadyEvent, watch: ChainWatch): Promise<void> {
  const equivocator = verifiers.find(({ profile }) => profile === 'equivocator')!
  const [evidence] = await watch.rpc.logs(contracts.equivocationSlasher, EQUIVOCATED)
  const reporter = evidence && addressOf(evidence.words.at(-1)!)
  checks.that(
    evidence !== undefined && verifiers.some(({ address }) => address === reporter && reporter !== equivocator.address),
    'another verifier brought the evidence',
    reporter,
  )
  const sizes = await watch.frozenSizes()
  checks.that(sizes.join() === 'era 1: 6,era 2: 5', 'the equivocator is not in the set of era 2', sizes.join(', '))
  const bondOf = ({ address }: ReadyNode) => watch.slashable('verifierRegistry', address)
  const [its, others] = [
    await bondOf(equivocator),
    await Promise.all(verifiers.filter(one => one !== equivocator).map(bondOf)),
  ]
  checks.that(
    others.every(bond => bond === others[0] && its < bond),
    'it lost a part of its bond, and nobody else did',
    `${its} of ${others[0]}`,
  )
}

async function checkRewards(checks: Checks, ready: ReadyEvent): Promise<void> {
  const verifier = ready.verifiers.find(({ profile }) => profile === 'honest')!
  const provider = ready.providers.find(({ profile }) => profile === 'honest')!
  for (const { name, address } of [verifier, provider]) {
    const { code, text } = await explain(ready, address, LOOK, ['--rewards', '--reports', String(REPORTS)])
    checks.that(
      code === 0 && /✓/.test(text) && !/✗/.test(text),
      `explain --rewards replays what ${name} has earned`,
      code === 0 ? text.split('\n')[0] : text,
    )
  }
  const claim = ['rewards', 'claim', '--data-dir', verifier.dataDir]
  const [first, again] = [await bandwitness(ready, claim), await bandwitness(ready, claim)]
  checks.that(first.code === 0 && /^Paid /.test(first.text), 'rewards claim pays it', first.text.trim())
  checks.that(again.code === 0 && /^Nothing new /.test(again.text), 'and pays it once', again.text.trim())
}

function checkResult(checks: Checks, { rewards, verifiers, providers }: ResultEvent): void {
  const [funded, claimed, left] = [rewards.funded, rewards.claimed, rewards.left].map(BigInt) as [
    bigint,
    bigint,
    bigint,
  ]
  checks.that(
    claimed > 0n && claimed + left === funded,
    'paid and left are what was funded, to the wei',
    `${claimed} + ${left}`,
  )
  const paid = [...verifiers, ...providers].reduce((sum, one) => sum + BigInt(one.claimed), 0n)
  checks.that(paid === claimed, 'the result shows what each of them was paid')
  const throttled = providers.find(({ profile }) => profile === 'throttled')!
  const honest = providers.find(({ profile }) => profile === 'honest')!
  checks.that(
    BigInt(throttled.earned) < BigInt(honest.earned),
    'the throttled provider earned less than the honest one',
    `${throttled.earned} and ${honest.earned} wei`,
  )
}
