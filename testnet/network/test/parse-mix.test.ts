import { expect } from 'chai'
import { UserError } from '../../../verifier/config/errors.js'
import { type MixRules, mixName, parseMix } from '../parse-mix.js'

const RULES: MixRules = {
  option: 'providers',
  profiles: { honest: false, silent: false, 'liar-low': false, slow: true },
  minimum: 1,
  maximum: 9,
}
const names = (text: string) => parseMix(text, RULES).map(mixName)

describe('parseMix', () => {
  it('takes a number as that many honest nodes', () => expect(names('3')).to.deep.equal(['honest', 'honest', 'honest']))

  it('takes profiles with counts and values, in order', () =>
    expect(names('honest=2, slow@0.6=1,silent=0,liar-low=1')).to.deep.equal([
      'honest',
      'honest',
      'slow@0.6',
      'liar-low',
    ]))

  const wrong: Record<string, string> = {
    honest: 'neither a number nor profile=count',
    '': 'neither a number nor profile=count',
    'honest=-1': 'neither a number nor profile=count',
    'fast=1': 'there is no profile "fast". Choose from honest, silent, liar-low, slow',
    'slow=1': 'takes a fraction',
    'slow@2=1': 'takes a fraction',
    'slow@x=1': 'takes a fraction',
    'honest@0.5=1': 'takes no value',
    '0': 'too few nodes. Ask for 1 to 9',
    '10': 'too many nodes. Ask for 1 to 9',
    'honest=99999999999': 'too many',
  }
  for (const [text, message] of Object.entries(wrong)) {
    it(`says what is wrong with "${text}"`, () =>
      expect(() => parseMix(text, RULES))
        .to.throw(UserError, message)
        .with.property('message')
        .that.includes('--providers'))
  }
})
