/** The guide for validators, from nothing to a signature in a certificate, and out again with the bond. */
import { join } from 'node:path'
import { inWei } from './founder.js'
import type { Guide } from './walk.js'
import type { World } from './world.js'

const BOND = 10_000
const TOP_UP = 500
/** Registered after the four of the network. */
const POSITION = 4
const NODE = { until: /"event":"ready"/, name: 'node' }
/** Reports that pay for the work of an epoch come so many later. */
const PAID_AFTER = 3

/** Epochs whose certificates have the reader's signature. */
const signedEpochs = ({ watch }: World, firstEra: number): number[] =>
  [...watch.headers.values()]
    .filter(({ era, nonSigners }) => era >= firstEra && !nonSigners.includes(POSITION))
    .map(({ epoch }) => epoch)

/** The first era with this many members, after `era`. */
async function eraOf({ watch }: World, members: number, era = 0): Promise<number | undefined> {
  const frozen = (await watch.frozenSizes()).map(text => /^era (\d+): (\d+)$/.exec(text)!.slice(1).map(Number))
  return frozen.find(([of, size]) => of! > era && size === members)?.[0]
}

async function untilSigned(world: World): Promise<void> {
  await world.until('the reader is in a frozen set', async () => (await eraOf(world, POSITION + 1)) !== undefined)
  const era = (await eraOf(world, POSITION + 1))!
  await world.until('the reader signs a certificate', () => signedEpochs(world, era).length > 0)
  const [first] = signedEpochs(world, era)
  await world.until('a report pays for that', () => world.watch.headers.has(first! + PAID_AFTER))
}

const elsewhere = (name: string) => (world: World) => ({ D: world.dataDir(name) })

export const validators: Guide<World> = {
  page: 'validators.md',
  steps: [
    {
      command: 'npx bandwitness verifier init --data-dir D',
      after: async (world, _, walk) => {
        walk.words.ACCOUNT = world.account()
        await world.fund(world.account(), BOND + TOP_UP)
      },
    },
    {
      command: 'npx bandwitness verifier init --data-dir D --import-account account.json --import-bls bls.json',
      words: elsewhere('imported'),
      before: (world, walk) => {
        world.exportKey('evm', join(walk.checkout, 'account.json'))
        world.exportKey('bls', join(walk.checkout, 'bls.json'))
      },
      after: world => {
        if (world.account('imported') !== world.account()) throw new Error('another account was imported')
      },
    },
    {
      command: 'npx bandwitness keys encrypt --data-dir D',
      before: world => world.copyPlainKeys('plain'),
      words: elsewhere('plain'),
    },
    { command: 'npx bandwitness verifier register' },
    { command: 'npx bandwitness verifier top-up --amount 500' },
    { command: 'npx bandwitness verifier capacity 50mbps' },
    { command: 'npx bandwitness verifier doctor' },
    { command: 'npx bandwitness verifier run', goesOn: NODE },
    { command: 'npx bandwitness verifier status', before: untilSigned },
    {
      command: 'npx bandwitness verifier status',
      goesOn: { until: /in the set/, name: 'status' },
      after: (_, __, walk) => walk.stop('status'),
    },
    { command: 'npx bandwitness explain --rewards ACCOUNT' },
    {
      command: 'npx bandwitness rewards claim',
      after: async world => {
        if ((await world.tokensOf(world.account())) === 0n) throw new Error('nothing was paid')
      },
    },
    { command: 'npx bandwitness verifier record export record', before: (_, walk) => walk.stop('node') },
    {
      command: 'npx bandwitness verifier init --data-dir D --import-account account.json --import-bls bls.json',
      words: elsewhere('moved'),
    },
    { command: 'npx bandwitness verifier record import record', words: elsewhere('moved') },
    { command: 'npx bandwitness verifier exit', before: (_, walk) => walk.again(NODE.name) },
    {
      command: 'npx bandwitness verifier withdraw',
      before: async (world, walk) => {
        const era = (await eraOf(world, POSITION + 1))!
        await world.until(
          'a set without the reader is frozen',
          async () => (await eraOf(world, POSITION, era)) !== undefined,
        )
        await walk.stop('node')
        const { unbondingSeconds, epochSeconds, eraEpochs } = world.ready.params
        await walk.types(`npx bandwitness testnet warp ${unbondingSeconds + 2 * eraEpochs * epochSeconds}s`)
      },
      after: async world => {
        const paid = await world.tokensOf(world.safe)
        if (paid !== inWei(BOND + TOP_UP)) throw new Error(`the withdrawal address has ${paid} wei of the bond`)
      },
    },
  ],
}
