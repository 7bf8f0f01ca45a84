/**
 * One whole network, from the README's command until the last process is gone. Breaches and penalties take more epochs: they
 * are points of the acceptance.
 */
import { expect } from 'chai'
import { ChainWatch } from '../chain-watch.js'
import { leftBehind, TestnetRun } from '../testnet-run.js'

const EPOCHS = 2
const RUN_SECONDS = 300

describe('a whole network', function () {
  this.timeout(RUN_SECONDS * 1000 + 60_000)

  it('certifies what each provider delivers, takes no stake in two epochs, and leaves nothing behind', async () => {
    const args = ['--verifiers', '5', '--providers', 'honest=1,throttled=1', '--epochs', String(EPOCHS)]
    await TestnetRun.with(args, async run => {
      const ready = await run.ready()
      const watch = new ChainWatch(ready, run.over)
      const exit = await run.end(RUN_SECONDS)
      await watch.ended

      expect(run.result?.failures, run.stderr).to.deep.equal([])
      expect(exit.code, run.stderr).to.equal(0)
      expect(run.epochs.map(({ epoch, posted }) => [epoch, posted])).to.deep.equal(
        Array.from({ length: EPOCHS }, (_, i) => [i + 1, true]),
      )
      expect([...watch.wrongLeaves]).to.deep.equal([])
      const { providers } = run.result!
      const honest = providers.find(({ profile }) => profile === 'honest')!
      const throttled = providers.find(({ profile }) => profile === 'throttled')!
      expect(honest.rateKbps).to.be.at.least(0.95 * honest.claimKbps)
      expect(honest.stakeAfter).to.equal(honest.stakeBefore)
      expect(throttled.rateKbps).to.be.within(0.9 * throttled.deliversKbps, 1.1 * throttled.deliversKbps)
      expect(throttled.stakeAfter).to.equal(throttled.stakeBefore)
      expect(watch.settlements.size).to.equal(0)
      expect(await leftBehind(ready, true)).to.deep.equal([])
    })
  })
})
