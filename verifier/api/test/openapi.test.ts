/** The description of the API beside the API: every real answer has the form that it describes, and nothing is left out. */
import { Ajv2020 } from 'ajv/dist/2020.js'
import { expect } from 'chai'
import { ENDPOINTS, EVENTS } from '../../evidence/schema/endpoints.js'
import { openApi } from '../openapi.js'
import { ALL, pathOf } from './requests.js'
import { type SampleNode, startSampleNode } from './sample-node.js'

interface Operation {
  readonly operationId: string
  readonly parameters: readonly { readonly name: string; readonly in: string; readonly schema: object }[]
  readonly responses: Readonly<Record<string, { content?: Record<string, { schema: { $ref: string } }> }>>
}

describe("the description of a verifier's API", () => {
  const { document } = openApi()
  const paths = document.paths as Record<string, { get: Operation }>
  const ajv = new Ajv2020({ strict: false, validateFormats: false })
  ajv.addSchema(document, 'api')
  const validatorOf = (path: string, status: number) => {
    const { responses } = paths[path]!.get
    const { content } = responses[status] ?? responses.default!
    const [{ schema }] = Object.values(content!) as [{ schema: { $ref: string } }]
    return ajv.compile({ $ref: `api${schema.$ref}` })
  }
  let node: SampleNode
  before(async () => {
    node = await startSampleNode()
  })
  after(() => node.stop())

  it('names every path, once, with all its parameters', () => {
    const endpoints = [...Object.values(ENDPOINTS), EVENTS]
    expect(Object.keys(paths)).to.have.members(endpoints.map(({ path }) => path))
    for (const { path, params, query } of endpoints) {
      const { parameters } = paths[path]!.get
      const named = parameters.map(one => one.name)
      expect(named, path).to.deep.equal([...Object.keys(params.shape), ...Object.keys(query.shape)])
      const inPath = parameters.filter(one => one.in === 'path').map(one => `{${one.name}}`)
      expect([...path.matchAll(/\{\w+\}/g)].map(String), path).to.deep.equal(inPath)
      for (const { schema } of parameters) ajv.compile(schema)
    }
    const ids = Object.values(paths).map(({ get }) => get.operationId)
    expect(new Set(ids).size).to.equal(ids.length)
  })

  for (const [name, { path }] of ALL) {
    it(`is true of what ${path} answers`, async () => {
      const response = await fetch(node.api.url + pathOf(name))
      const isForm = validatorOf(path, response.status)
      expect(isForm(await response.json()), JSON.stringify(isForm.errors)).to.equal(true)
      expect(response.headers.get('content-type')).to.include(Object.keys(paths[path]!.get.responses[200]!.content!)[0])
    })
  }

  it('is true of what a bad request gets', async () => {
    const response = await fetch(`${node.api.url}/v1/providers/nobody`)
    expect(response.status).to.equal(400)
    const isForm = validatorOf('/v1/providers/{provider}', 400)
    expect(isForm(await response.json()), JSON.stringify(isForm.errors)).to.equal(true)
    expect(isForm({ error: 'x' })).to.equal(false)
  })

  it('knows an answer of another form when it sees one', () => {
    expect(validatorOf('/v1/epochs', 200)({ items: [{ epoch: '1' }], next: null })).to.equal(false)
  })
})
