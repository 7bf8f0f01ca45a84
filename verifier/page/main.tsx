import './data/no-eval.js'
import { render } from 'preact'
import { App } from './app.js'
import 'uplot/dist/uPlot.min.css'
import './style/page.css'

render(<App />, document.getElementById('page')!)
