/** The description of the API in OpenAPI 3.1, from the shapes that the server and the clients use. */
import { createHash } from 'node:crypto'
import { z } from 'zod'
import { ENDPOINTS, type Endpoint, EVENTS } from '../evidence/schema/endpoints.js'
import { PROBLEM_MEDIA_TYPE, problemSchema } from '../evidence/schema/problem.js'

/** Of the paths: it changes with the first number in them. */
const VERSION = '1'
const PROBLEM = '#/components/schemas/Problem'

type Json = Record<string, unknown>

export interface Description {
  readonly document: z.output<typeof ENDPOINTS.openApi.answer>
  /** changes with the document */
  readonly tag: string
}

export function openApi(): Description {
  const answers = Object.entries<Endpoint>({ ...ENDPOINTS, events: EVENTS })
  const document = {
    openapi: '3.1.0' as const,
    info: {
      title: 'Bandwitness verifier',
      version: VERSION,
      description: 'Read-only. Rates are kbit/s, shares basis points, amounts of tokens decimal strings of wei.',
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    servers: [{ url: '/' }],
    paths: Object.fromEntries(answers.map(([name, endpoint]) => [endpoint.path, { get: operationOf(name, endpoint) }])),
    components: {
      schemas: {
        Problem: jsonSchemaOf(problemSchema),
        ...Object.fromEntries(answers.map(([name, { answer }]) => [typeName(name), jsonSchemaOf(answer)])),
      },
    },
  }
  return { document, tag: createHash('sha1').update(JSON.stringify(document)).digest('base64url') }
}

function operationOf(name: string, { path, title, params, query, maxBytes }: Endpoint): Json {
  const media = path === EVENTS.path ? 'text/event-stream' : 'application/json'
  return {
    operationId: name,
    summary: `${title[0]!.toUpperCase()}${title.slice(1)}`,
    parameters: [...parametersOf(params, 'path'), ...parametersOf(query, 'query')],
    responses: {
      200: {
        description: `${title[0]!.toUpperCase()}${title.slice(1)}.${path === EVENTS.path ? '' : ` At most ${maxBytes / 2 ** 20} MiB.`}`,
        content: { [media]: { schema: { $ref: `#/components/schemas/${typeName(name)}` } } },
      },
      304: { description: 'The caller has this answer: its ETag is that of If-None-Match.' },
      default: {
        description: 'Why there is no answer.',
        content: { [PROBLEM_MEDIA_TYPE]: { schema: { $ref: PROBLEM } } },
      },
    },
  }
}

function parametersOf(shape: Endpoint['params'], place: 'path' | 'query'): Json[] {
  return Object.entries(shape.shape).map(([name, schema]) => ({
    ...{ name, in: place, required: place === 'path' },
    schema: jsonSchemaOf(schema),
  }))
}

/** Of what is sent: for a parameter, of what it means. */
function jsonSchemaOf(schema: z.ZodType): Json {
  const { $schema: _, ...json } = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }) as Json
  return json
}

const typeName = (name: string): string => `${name[0]!.toUpperCase()}${name.slice(1)}`
