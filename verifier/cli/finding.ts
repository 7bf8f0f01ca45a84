/** What was found, one line for each thing that was looked at. Pure. */
import type { Finding, Grade } from '../evidence/schema/finding.js'
import { wrap } from './wrap.js'

export const good = (subject: string, found: string): Finding => ({ subject, grade: 'good', found, advice: null })

export const warning = (subject: string, found: string, advice: string): Finding => ({
  ...{ subject, grade: 'warning', found, advice },
})

export const bad = (subject: string, found: string, advice: string): Finding => ({
  ...{ subject, grade: 'bad', found, advice },
})

const GRADES: readonly Grade[] = ['good', 'warning', 'bad']

export const worstOf = (findings: readonly Finding[]): Grade =>
  GRADES[Math.max(0, ...findings.map(({ grade }) => GRADES.indexOf(grade)))]!

const MARK: Record<Grade, string> = { good: '✓', warning: '!', bad: '✗' }
const SUBJECT_WIDTH = 13

/** `✗ clock        is 3.0 s behind. Set it by NTP.` */
export const findingText = ({ subject, grade, found, advice }: Finding): string =>
  wrap(advice === null ? `${found}.` : `${found}. ${advice}`, `${MARK[grade]} ${subject.padEnd(SUBJECT_WIDTH)} `)
