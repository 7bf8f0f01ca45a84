/** Point 11: scenarios end as they must. All of them: `npm run scenarios`. */
import type { Checks, Point } from './checks.js'
import { runScenario, scenarioCalled, scenarioNames } from './scenario-run.js'

/** For CI, which has no time for more. Point 4 kills nodes. */
const SHORT = ['rpc-at-start']

export const scenarios: Point = {
  number: 11,
  title: 'nodes come back from what happens to them',
  run: async (checks: Checks, { full }) => {
    for (const name of full ? scenarioNames : SHORT) {
      const { failures, seconds, keptIn } = await runScenario(name)
      const seen = [`${seconds.toFixed(0)} s`, ...failures, ...(keptIn === null ? [] : [`logs in ${keptIn}`])]
      checks.that(failures.length === 0, scenarioCalled(name).title, seen.join(' '))
    }
  },
}
