/** The frame of every view: where one can go, and how new what one sees is. */
import { LiveLine } from './parts/live-line.js'
import { Tip } from './parts/tip.js'
import { LINK, type Route } from './route.js'
import { useRoute } from './use-route.js'
import { Epoch } from './views/epoch.js'
import { Epochs } from './views/epochs.js'
import { Explanation } from './views/explanation.js'
import { Network } from './views/network.js'
import { Provider } from './views/provider.js'
import { Providers } from './views/providers.js'
import { Unknown } from './views/unknown.js'
import { Verifiers } from './views/verifiers.js'

const PLACES = [
  { title: 'Providers', link: LINK.providers, pages: ['providers', 'provider', 'explanation'] },
  { title: 'Epochs', link: LINK.epochs, pages: ['epochs', 'epoch'] },
  { title: 'Verifiers', link: LINK.verifiers, pages: ['verifiers'] },
  { title: 'Network', link: LINK.network, pages: ['network'] },
]

export function App() {
  const route = useRoute()
  return (
    <>
      <button type="button" class="skip" onClick={() => document.querySelector<HTMLElement>('h1')?.focus()}>
        To the content
      </button>
      <header>
        <a class="name" href={LINK.providers}>
          Bandwitness
        </a>
        <nav aria-label="Views">
          {PLACES.map(({ title, link, pages }) => (
            <a key={title} href={link} aria-current={pages.includes(route.page) ? 'page' : undefined}>
              {title}
            </a>
          ))}
        </nav>
        <LiveLine />
      </header>
      <main>
        <View route={route} />
      </main>
      <footer>
        One node serves this page. You need not trust it: <code>npx bandwitness explain PROVIDER</code> computes every
        figure again from the signed votes. Runs on a devnet only; not audited.
      </footer>
      <Tip />
    </>
  )
}

function View({ route }: { route: Route }) {
  switch (route.page) {
    case 'providers':
      return <Providers query={route.query} />
    case 'provider':
      return <Provider key={route.provider} provider={route.provider} />
    case 'explanation':
      return <Explanation key={`${route.provider} ${route.epoch}`} provider={route.provider} epoch={route.epoch} />
    case 'epochs':
      return <Epochs />
    case 'epoch':
      return <Epoch key={route.epoch} epoch={route.epoch} />
    case 'verifiers':
      return <Verifiers />
    case 'network':
      return <Network />
    case 'unknown':
      return <Unknown />
  }
}
