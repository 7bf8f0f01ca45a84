/** What the command has printed. Nothing can hold that up, so it does not wait for a webhook or a disk. */
import type { AlertJson } from '../../../verifier/evidence/schema/alerts.js'
import { type Condition, forgetGrown, type News, rememberTold, type Told } from './conditions.js'

export class Shown {
  #told: Told | undefined

  constructor(private readonly print: (alert: AlertJson) => void) {}

  /** Prints what is new. @param before what was told when the command began */
  show(
    before: Told,
    active: readonly Condition[],
    alertsSince: (told: Told) => readonly { readonly news: News; readonly alert: AlertJson }[],
  ): void {
    let told = forgetGrown(this.#told ?? before, active)
    for (const { news, alert } of alertsSince(told)) {
      this.print(alert)
      told = rememberTold(told, news)
    }
    this.#told = told
  }
}
