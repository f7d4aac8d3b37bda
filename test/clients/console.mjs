// Uses the console as an operator does and prints what it shows. Whatever a browser would complain of (the Content-Security-Policy,
// scripts that fail) and every request to another origin is told, too.
// usage: node console.mjs URL CHROMIUM JOURNEY [KEY SECRET]
import { readFile } from 'node:fs/promises';
import { launch } from './browser.mjs';
import { journeys } from './console/journeys.mjs';

const [url, executablePath, journey, key, secret] = process.argv.slice(2);
const axe = await readFile('node_modules/axe-core/axe.min.js', 'utf8');
const browser = await launch(executablePath);
const problems = [];

async function open(settings = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce', ...settings });
  const page = await context.newPage();
  page.on('pageerror', (e) => problems.push('script: ' + e.message));
  page.on('console', (m) => {
    // A refused call is told by the browser, too; what it says is looked at on the page.
    if (m.type() === 'error' && !/status of 4\d\d/.test(m.text())) problems.push('console: ' + m.text());
  });
  page.on('request', (r) => {
    if (!r.url().startsWith(url + '/') && !r.url().startsWith('data:')) problems.push('left the origin: ' + r.url());
  });
  await page.goto(url + '/console/');
  return page;
}

/** What somebody with a screen reader, or weak eyes, would stumble over. */
async function accessible(page, where) {
  // A colour on its way to another is neither.
  await page.evaluate(() => Promise.allSettled(document.getAnimations().filter((a) => Number.isFinite(a.effect?.getComputedTiming().endTime)).map((a) => a.finished)));
  const found = await page.evaluate(async (source) => {
    if (!window.axe) (0, eval)(source);
    const r = await window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa'], resultTypes: ['violations'] });
    // Cloudscape's own: the bar of a narrow page is a nav that says whether it is expanded.
    const theirs = (v) => v.id === 'aria-allowed-attr' && v.nodes.every((n) => n.target.join(' ').includes('mobile-toolbar-nav'));
    return r.violations.filter((v) => !theirs(v)).map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(' ')).slice(0, 2).join(', ')}`);
  }, axe).catch((e) => ['axe: ' + e.message]);
  problems.push(...found.map((f) => `${where}: ${f}`));
}

/** Nothing sticks out at the side. */
async function fits(page, where) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  if (over > 0) problems.push(`${where} is ${over} px too wide`);
}

try {
  const said = await journeys[journey]({ open, accessible, fits, key, secret, url });
  console.log(JSON.stringify({ ...said, problems }));
} finally {
  await browser.close();
}
