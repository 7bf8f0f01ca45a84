/** Point 9: of two processes with one set of keys, the later one stops and says why. Nothing is signed twice. */
import { Store } from '../../verifier/store/store.js'
import { TWIN } from '../network/verifier-result.js'
import type { Checks, Point } from './checks.js'
import { checkExit } from './endings.js'
import { TestnetRun } from './testnet-run.js'

const EPOCHS = 3
const ARGS = ['--verifiers', 'honest=4,twice=1', '--providers', 'honest=3,offline=1', '--epochs', String(EPOCHS)]

export const twice: Point = {
  number: 9,
  title: 'two processes with one set of keys sign nothing twice',
  run: checks => TestnetRun.withData(ARGS, run => follow(checks, run)),
}

async function follow(checks: Checks, run: TestnetRun): Promise<void> {
  const ready = await run.ready()
  await checkExit(checks, run)
  const { dataDir } = ready.verifiers.find(({ profile }) => profile === 'twice')!
  const it = run.result?.verifiers.find(({ profile }) => profile === 'twice')
  checks.that(/uses the keys/.test(it?.stopped ?? ''), 'one of the two stopped and said why', it?.stopped ?? 'neither')
  checks.that(it !== undefined && it.bondBefore === it.bondAfter, 'the bond is intact')
  const [one, other] = await Promise.all([dataDir, `${dataDir}${TWIN}`].map(signedIn))
  const both = [...one!].filter(([slot, digest]) => (other!.get(slot) ?? digest) !== digest).map(([slot]) => slot)
  checks.that(
    one!.size + other!.size > 0 && both.length === 0,
    'the two signing records contradict each other nowhere',
    [`${one!.size} and ${other!.size} signatures`, ...both].join('; '),
  )
}

/** Slots and digests. */
async function signedIn(dataDir: string): Promise<Map<string, string>> {
  const store = await Store.open(dataDir, { mode: 'existing' })
  try {
    return new Map([...store.signedSlots].map(slot => [slot, store.signedDigest(slot)!]))
  } finally {
    await store.close()
  }
}
