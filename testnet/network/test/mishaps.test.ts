import { mock } from 'node:test'
import { expect } from 'chai'
import { befall } from '../mishaps.js'

describe('what befalls providers in a transfer', () => {
  before(() => mock.timers.enable({ apis: ['setTimeout'] }))
  after(() => mock.timers.reset())

  it('kills a vanisher, and stops a blackhole for a while', () => {
    const done: string[] = []
    const nodes = Object.fromEntries(
      ['kill', 'pause', 'resume'].map(act => [act, (name: string) => done.push(`${act} ${name}`)]),
    ) as unknown as Parameters<typeof befall>[0]
    const profiles = ['honest', 'vanisher', 'blackhole']
    befall(
      nodes,
      profiles.map(profileName => ({ name: `the ${profileName}`, profileName })),
    )
    expect(done).to.deep.equal(['kill the vanisher', 'pause the blackhole'])
    mock.timers.tick(10_000)
    expect(done).to.deep.equal(['kill the vanisher', 'pause the blackhole', 'resume the blackhole'])
  })
})
