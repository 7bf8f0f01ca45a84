/** Whether a node is up, whether it is of use, and the description of its API. */
import { z } from 'zod'
import { count } from './scalars.js'

/** The process answers. */
export const healthSchema = z.object({ up: z.literal(true) })

/** The chain answers, and this verifier holds its last report. Otherwise the answer is a problem that says why. */
export const readySchema = z.object({ ready: z.literal(true), epoch: count })

/** OpenAPI 3.1 */
export const openApiSchema = z.looseObject({
  openapi: z.literal('3.1.0'),
  info: z.looseObject({ title: z.string(), version: z.string() }),
  paths: z.record(z.string(), z.unknown()),
  components: z.looseObject({ schemas: z.record(z.string(), z.unknown()) }),
})
