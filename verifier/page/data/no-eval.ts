/**
 * The page's policy forbids code made from text, which zod would make in order to check faster. A schema asks for this
 * when it is made, so this module comes before all others.
 */
import { config } from 'zod'

config({ jitless: true })
