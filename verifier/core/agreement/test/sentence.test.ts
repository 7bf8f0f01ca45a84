import { expect } from 'chai'
import type { Phase } from '../phases.js'
import { type Standing, sentenceOf } from '../sentence.js'

const heard = { commitments: 6, ballots: 5, lists: 5, signatures: 2 }
const standing: Standing = { epoch: 7, phase: 'rounds', n: 7, heard, round: 1, leader: 4, refusal: undefined }

describe('sentence of an epoch', () => {
  const SENTENCES: Record<Phase, string> = {
    measuring: 'epoch 7 is being measured',
    committing: 'epoch 7: commitments of 6 of 7 verifiers heard',
    closing: 'epoch 7: commitments of 6 of 7 verifiers heard',
    revealing: 'epoch 7: ballots of 5 of 7 verifiers held',
    listing: 'epoch 7: seen lists of 5 of 7 verifiers heard',
    rounds: 'epoch 7: round 1, led by verifier 4; signatures of 2 of 7 verifiers, 5 are needed',
    certified: 'epoch 7 is certified',
    missed: 'epoch 7: no certificate heard; signatures of 2 of 7 verifiers, 5 are needed',
  }
  for (const [phase, sentence] of Object.entries(SENTENCES)) {
    it(`says where a verifier stands when the phase is ${phase}`, () => {
      expect(sentenceOf({ ...standing, phase: phase as Phase })).to.equal(sentence)
    })
  }

  it('names missing seen lists before a refusal, and a refusal before missing signatures', () => {
    const lack = (changes: Partial<Standing>) => sentenceOf({ ...standing, ...changes }).split('; ')[1]
    const refusal = 'round 1: a wrong header'
    expect(lack({ refusal })).to.equal('this verifier refused round 1: a wrong header')
    expect(lack({ refusal, heard: { ...heard, lists: 4 } })).to.equal('seen lists of 4 of 7 verifiers, 5 are needed')
  })
})
