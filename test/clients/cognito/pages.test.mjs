// axe-core looks at every page that people see, in every state of the storybook, light and dark: no violation.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import test from 'node:test'
import { launch } from '../browser.mjs'

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8')
const base = process.env.COGNATE

test('axe finds nothing wrong with the pages', async t => {
  const browser = await launch()
  t.after(() => browser.close())
  const list = await (await fetch(`${base}/_cognate/storybook`)).text()
  const stories = [...new Set([...list.matchAll(/story\/[a-z]+\/[a-z-]+/g)].map(m => m[0]))]
  assert.ok(stories.length > 40, `only ${stories.length} stories: ${list}`)
  const all = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']
  const looks = { type: 'rule', values: ['color-contrast', 'target-size', 'valid-lang', 'meta-viewport'] } // the rest does not depend on the mode
  for (const [mode, lang, width, runOnly] of [['light', 'en', 1200, all], ['dark', 'ar', 320, looks]]) {
    const context = await browser.newContext({ viewport: { width, height: 800 }, colorScheme: mode, bypassCSP: true })
    const page = await context.newPage()
    for (const story of stories) {
      await page.goto(`${base}/_cognate/storybook/${story}?mode=${mode}&lang=${lang}`)
      await page.evaluate(axe)
      const { violations } = await page.evaluate(runOnly => window.axe.run({ runOnly }), runOnly)
      const told = violations.map(v => `${v.id}: ${v.help}\n  ${v.nodes.map(n => n.html).join('\n  ')}`)
      assert.deepEqual(told, [], `${story}, ${mode}, ${lang}`)
    }
    await context.close()
  }
})
