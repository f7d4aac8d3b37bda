// Chromium for tests that go through pages, as patient as the slowest and busiest machine needs.
import { chromium } from 'playwright-core';

export const patience = 300_000; // milliseconds, as test/started has it

/** A browser whose pages wait that long for whatever they wait for. */
export async function launch(executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium') {
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox', '--disable-gpu'], timeout: patience });
  const open = browser.newContext.bind(browser);
  browser.newContext = async (settings) => {
    const context = await open(settings);
    context.setDefaultTimeout(patience);
    return context;
  };
  return browser;
}
